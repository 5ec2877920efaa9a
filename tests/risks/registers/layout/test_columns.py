"""Columns: repeated names, and what stands beside the table."""

import pytest

from tests.risks.registers.files import cells, read


def test_repeated_lists_and_neighbours_are_joined() -> None:
    table = read("Summary,Labels,Comment,Labels,Comment,Comment\nFlood,a,first,b,second,third\n")
    assert table.headers == ["Summary", "Labels", "Comment", "Comment (2)"]
    assert cells(table) == [["Flood", "a; b", "first", "second\nthird"]]


def test_other_repeated_names_are_numbered_and_reported() -> None:
    table = read("Risk,Likelihood,Impact,Likelihood\nFlood,4,5,2\n")
    assert table.headers == ["Risk", "Likelihood", "Impact", "Likelihood (2)"]
    assert "Column D is called 'Likelihood' again; it was read as 'Likelihood (2)'." in table.notes


@pytest.mark.parametrize(
    "header",
    [
        "Risk,Initial risk,Likelihood,Residual risk,Likelihood",
        "Risk,Likelihood,Score,Likelihood,Residual score",
    ],
)
def test_a_repeated_rating_means_what_the_column_beside_it_says(header: str) -> None:
    table = read(f"{header}\nFlood,4,5,2,4\n")
    assert [name for name in table.headers if name.endswith(": Likelihood")] == [
        f"{'Residual risk' if 'Residual risk' in header else 'Residual score'}: Likelihood"
    ]


def test_a_legend_beside_the_table_is_reported_and_not_read() -> None:
    table = read(
        "ID,Risk,Likelihood,,Score,Meaning\nR1,Flood,4,,1,Rare\nR2,Fire,3,,2,Often\nR3,Theft,1,,,\n"
    )
    assert table.headers == ["ID", "Risk", "Likelihood"]
    assert "Not read, because it stands beside the table: E to F (Score, Meaning)." in table.notes


def test_columns_behind_an_empty_one_may_belong_to_the_table() -> None:
    table = read("ID,Risk,,Likelihood,,Owner\nR1,Flood,,4,,\nR2,Fire,,3,,IT\n")
    assert table.headers == ["ID", "Risk", "Likelihood", "Owner"]


def test_a_stray_remark_beside_a_risk_is_kept() -> None:
    table = read("ID,Risk,,\nR1,Flood,,\nR2,Fire,,ask Bob\n")
    assert table.headers == ["ID", "Risk", "Column D"]
    assert cells(table)[1] == ["R2", "Fire", "ask Bob"]


def test_columns_set_apart_by_empty_ones_are_one_table() -> None:
    table = read("Risk,,No,,Probability,,Impact\nFlood,,1,,3,,5\n,,2,,2,,4\nFire,,3,,1,,2\n")
    assert table.headers == ["Risk", "No", "Probability", "Impact"]


def test_a_header_that_explains_itself_at_length_is_shortened() -> None:
    table = read(f"ID,Risk,Hazards? {'What may happen here. ' * 20}\nR1,Flood,water\n")
    assert table.headers == ["ID", "Risk", "Hazards?"]
