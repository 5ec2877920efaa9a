"""Records of interpreted rows: their order, their plans, and rows that are refused."""

from typing import Any

from risks.import_runs.changes import SourceRecord
from risks.registers.folding import fold_rows
from risks.registers.results import InterpretedRow, RowError
from risks.registers.to_records import ASSET, CATEGORY, MITIGATION, RISK
from risks.registers.to_records import to_records as records_of


def interpreted(number: int = 2, identity: str = "R1", **values: Any) -> InterpretedRow:
    return InterpretedRow(number, "external_id", identity, {"title": "Fire", **values}, {}, [])


def to_records(rows: list[InterpretedRow]) -> list[SourceRecord]:
    return list(records_of(fold_rows(rows)[0]))


def test_a_risk_comes_after_what_it_names_and_before_its_plan() -> None:
    row = interpreted(category="Physical", assets=["Archive"], treatment_plan="Sprinklers")
    assert [record.model for record in to_records([row])] == [CATEGORY, ASSET, RISK, MITIGATION]


def test_a_name_has_one_record_whatever_its_case() -> None:
    rows = [interpreted(assets=["Archive"]), interpreted(3, "R2", assets=["ARCHIVE", "Cellar"])]
    names = [record.identity for record in to_records(rows) if record.model == ASSET]
    assert names == ["Archive", "Cellar"]


def test_a_row_with_errors_is_a_risk_alone() -> None:
    row = interpreted(category="Physical", treatment_plan="Sprinklers")
    row.errors.append(RowError(2, "Title", "", "The row has no title. Give it one."))
    (record,) = to_records([row])
    assert (record.model, record.errors[0]["column"]) == (RISK, "Title")


def test_an_id_that_is_too_long_is_an_error() -> None:
    (record,) = to_records([interpreted(identity="x" * 256)])
    assert record.errors[0]["reason"] == "The id is longer than 255 characters. Shorten it."


def test_a_plan_has_the_status_that_follows_from_its_risk() -> None:
    row = interpreted(status="mitigated", treatment_plan="Sprinklers", due_date="2027-05-31")
    *_, plan = to_records([row])
    assert plan.values == {
        "title": "Sprinklers",
        "description": "Sprinklers",
        "due_date": "2027-05-31",
        "status": "done",
    }


def test_further_plans_name_their_risk_and_are_known_by_their_text() -> None:
    rows = [interpreted(n, treatment_plan=text) for n, text in ((2, "Pump"), (3, "x" * 300))]
    _, first, second = to_records(rows)
    assert (first.identity, first.values.get("risk")) == ("R1", None)
    assert (len(second.identity), second.values["risk"]) == (255, "R1")


def test_a_plan_says_in_what_its_row_differs() -> None:
    rows = [interpreted(n, treatment_plan=text) for n, text in ((2, "Pump"), (3, "Dam"))]
    rows[0].extra, rows[1].extra = {"By": "IT", "Unit": "A"}, {"By": "HR", "Unit": "A"}
    risk, first, second = to_records(rows)
    assert risk.values["extra"] == {"By": "IT\nHR", "Unit": "A"}
    assert (first.values["description"], second.values["description"]) == (
        "Pump\nBy: IT",
        "Dam\nBy: HR",
    )
