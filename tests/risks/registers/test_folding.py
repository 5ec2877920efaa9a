"""Rows of one risk become one risk, unless they contradict each other."""

from typing import Any

import pytest

from risks.registers.folding import fold_rows
from risks.registers.results import ColumnMapping, InterpretedRow

MAPPING = [ColumnMapping("Risk title", "title", "synonym")]


def interpreted(number: int, **values: Any) -> InterpretedRow:
    return InterpretedRow(number, "external_id", "R1", {"title": "Fire", **values}, {}, [])


def test_actions_and_lists_of_several_rows_add_up() -> None:
    rows = [
        interpreted(2, assets=["Archive"], treatment_plan="Sprinklers", inherent_impact=5),
        interpreted(3, assets=["Cellar"], treatment_plan="Alarm", inherent_impact=None),
        interpreted(4, assets=["Cellar"], treatment_plan="alarm"),
    ]
    (risk,), notes = fold_rows(rows)
    assert (risk.row.values["assets"], risk.row.values["inherent_impact"]) == (
        ["Archive", "Cellar"],
        5,
    )
    assert [(plan.row_number, plan.text) for plan in risk.plans] == [
        (2, "Sprinklers"),
        (3, "Alarm"),
    ]
    assert notes[0].startswith("2 rows give more of a risk that a row above them began: 3 to 4.")


@pytest.mark.parametrize(
    ("values", "column"), [({"title": "Flood"}, "Risk title"), ({"inherent_impact": 4}, None)]
)
def test_a_row_that_contradicts_the_first_one_is_in_error(
    values: dict[str, Any], column: str | None
) -> None:
    first, second = fold_rows(
        [interpreted(2, inherent_impact=5), interpreted(3, **values)], MAPPING
    )[0]
    assert first.row.errors == []
    assert (second.row.errors[0].row, second.row.errors[0].column) == (3, column)
    assert second.row.errors[0].reason.startswith("Row 2 is the same risk, but has ")


def test_the_least_advanced_status_counts_and_each_plan_keeps_its_own() -> None:
    rows = [
        interpreted(2, status="mitigated", treatment_plan="Sprinklers"),
        interpreted(3, status="in_treatment", treatment_plan="Alarm"),
    ]
    (risk,), _ = fold_rows(rows)
    assert risk.row.values["status"] == "in_treatment"
    assert [plan.status for plan in risk.plans] == ["mitigated", "in_treatment"]


def test_two_rows_of_one_reference_are_an_error() -> None:
    rows = [InterpretedRow(n, "reference", "R-0001", {"title": "Fire"}, {}, []) for n in (2, 3)]
    risks, _ = fold_rows(rows)
    assert [len(risk.row.errors) for risk in risks] == [0, 1]
