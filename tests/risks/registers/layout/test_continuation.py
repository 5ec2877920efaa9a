"""Rows that go on with the risk above them."""

from tests.risks.registers.files import read


def test_a_row_with_only_an_action_belongs_to_the_risk_above() -> None:
    table = read("ID,Risk,Impact,Action\nR1,Flood,5,Pump\n,,,Dam\nR2,Fire,3,\n")
    assert table.rows[1] == (3, {"ID": "R1", "Risk": "Flood", "Impact": "", "Action": "Dam"})
    assert table.rows[2][1]["Action"] == ""


def test_a_row_with_an_id_of_its_own_does_not() -> None:
    table = read("ID,Risk,Impact,Action\nR1,Flood,5,Pump\nR2,,,Dam\n")
    assert table.rows[1][1]["Risk"] == ""
