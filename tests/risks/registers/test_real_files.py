"""Registers of others, and one for each difficulty: read right, again without a change, undone."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from openrisk.accounts.models import Organization
from risks import exports
from risks.import_runs.undo import undo_run
from risks.models import Asset, Category, Change, ImportRun, ImportSource, Mitigation, Risk
from risks.registers.options import DEFAULT_OPTIONS
from risks.registers.table import read_sheet_tables
from tests.conftest import SHARED_DATA
from tests.risks.import_runs.uploads import count_changes, import_register, preview_register

FLOOD = "Server room floods"
RATED = ("inherent_likelihood", "inherent_impact", "residual_likelihood", "residual_impact")


@dataclass(frozen=True)
class Right:
    """What comes in: how many risks and mitigations, and of the first risk these values."""

    risks: int
    title: str = FLOOD
    ratings: tuple[int | None, ...] = (4, 5)
    plans: int = 0
    values: dict[str, Any] = field(default_factory=dict)


RIGHT = {
    "camel-case.csv": Right(1, plans=1, values={"owner_name": "Facilities"}),
    "camel-case-fields.csv": Right(1, ratings=(4, 5, 2, 4), plans=1),
    "consequence-and-severity.csv": Right(
        3, ratings=(3, 5), values={"description": "Servers stop"}
    ),
    "cp1250-polish.csv": Right(
        2, "Zalanie pomieszczenia serwerów \u2013 błąd śluzy", values={"owner_name": "Zażółć Gęślą"}
    ),
    "cp1251-russian.csv": Right(2, "Затопление серверной"),
    "gbk-chinese.csv": Right(2, "机房进水"),
    "dates-month-first.csv": Right(2, "a risk", (), plans=2),
    "dates-not-read.csv": Right(3, "a risk", (), plans=3),
    "footer-and-legend.xlsx": Right(2),
    "german-ae.csv": Right(1, "Serverraum wird ueberflutet", plans=1),
    "grouped-headers.xlsx": Right(2, ratings=(4, 5, 2, 4), plans=2),
    "id-hash.csv": Right(1, ratings=(3, 5), values={"external_id": "1"}),
    "impact-text-and-impact-score.csv": Right(2, ratings=(3, 5)),
    "italian-singular.csv": Right(
        1,
        "Allagamento della sala server",
        (5, 5),
        plans=1,
        values={"treatment": "mitigate", "category": "Operativo"},
    ),
    "japanese.csv": Right(1, "サーバー室の浸水"),
    "jira.csv": Right(1, ratings=(4, 4), values={"tags": ["datacentre", "flood"]}),
    "jira-no-duplicates.csv": Right(2, ratings=(4, 4), values={"owner_name": "Facilities"}),
    "long-risk.csv": Right(1, "", (3, 5)),
    "matrix-below.xlsx": Right(2),
    "mixed.csv": Right(3, ratings=(4, 5)),
    "only-numbers.xlsx": Right(2),
    "peer-proba.csv": Right(2, ratings=(4, 4, 2, 2), plans=1, values={"external_id": "R.1"}),
    "poam.csv": Right(1, "Accounts of leavers stay active", (), plans=1),
    "prenumbered-rows.xlsx": Right(2),
    "prob-sev.csv": Right(1, ratings=(4, 5, 2, 4)),
    "raid.csv": Right(1, ratings=(5, 5)),
    "register-2026-10.csv": Right(2),
    "residual-level-only.csv": Right(1),
    "residual-score-only.csv": Right(1),
    "revised.csv": Right(1, ratings=(4, 5, 2, 4)),
    "risk-is-a-number.csv": Right(2, "Cooling the server room", ()),
    "scale-in-short-name.csv": Right(1),
    "score-only.csv": Right(2, ratings=()),
    "section-rows.xlsx": Right(2),
    "several-actions-per-risk.xlsx": Right(2, plans=4),
    "spanish-snake.csv": Right(1, "Inundación de la sala de servidores", plans=1),
    "team-s.csv": Right(2, ratings=(4,)),
    "threat-generic.csv": Right(2, "Patient records are read by people who need not", (3, 4)),
    "threat-probability.csv": Right(1),
    "total-row.xlsx": Right(2),
    "two-sheets.xlsx": Right(3),
    "unknown-language-headers.csv": Right(2, "机房进水", (5, 5), plans=2),
}
REAL = ("energy-utility", "hospital", "small-company", "telecom-isms", "words-only")
FILES = [*RIGHT, *(f"{name}.csv" for name in REAL)]


def read_file(name: str) -> bytes:
    for folder in ("faults", "registers"):
        if (path := SHARED_DATA / folder / name).exists():
            return Path(path).read_bytes()
    pytest.skip(f"needs {name}, which is not part of the project")


@pytest.mark.parametrize("name", RIGHT)
def test_a_difficulty_is_understood(organization: Organization, name: str) -> None:
    right = RIGHT[name]
    run = preview_register(organization, read_file(name), name)
    first = run.rows.filter(model="risks.risk").order_by("row_number").first()
    created = {model: counts["create"] for model, counts in run.counts.items()}
    assert (created["risks"], created["mitigations"]) == (right.risks, right.plans)
    assert right.title in ("", first.values["title"])
    assert [first.values.get(rating) for rating in RATED[: len(right.ratings)]] == [*right.ratings]
    assert first.values | right.values == first.values


@pytest.mark.parametrize("name", FILES)
def test_no_row_disappears(organization: Organization, name: str) -> None:
    """Each row below the header is in a record of the run, or named in its notes."""
    data = read_file(name)
    tables, _ = read_sheet_tables(data, name, DEFAULT_OPTIONS)
    below = sum(len(table.sheet.rows) - table.header.end for table in tables)
    run = preview_register(organization, data, name)
    risks = sum(run.counts["risks"].values())
    if below != risks:
        (note,) = [note for note in run.notes if "below the header:" in note]
        total, accounted, continued, skipped = numbers_in(note)
        assert (total, accounted) == (below, risks)
        assert total == accounted + continued + skipped


def numbers_in(note: str) -> Iterable[int]:
    return [int(word) for word in note.split() if word.isdecimal()]


@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_in_once_and_goes_again(organization: Organization, name: str) -> None:
    data = read_file(name)
    run = import_register(organization, data, name)
    history = Change.objects.count()
    assert count_changes(import_register(organization, data, name)) == 0
    assert Change.objects.count() == history
    assert count_changes(import_export(organization)) == 0
    undo_run(actor=None, run=run)
    assert not any(m.objects.exists() for m in (Risk, Mitigation, Asset, Category))


def import_export(organization: Organization) -> ImportRun:
    risks = Risk.objects.for_organization(organization).order_by("number")
    lines = "".join(exports.csv_lines(risks, organization))
    return preview_register(organization, lines, "export.csv")


def test_the_register_of_the_next_month_is_asked_about(organization: Organization) -> None:
    import_register(organization, read_file("register-2026-10.csv"), "register-2026-10.csv")
    run = preview_register(organization, read_file("register-2026-11.csv"), "register-2026-11.csv")
    assert run.question["source_name"] == "register-2026-10"


def test_a_workbook_is_written_and_read_back(organization: Organization) -> None:
    name = "hospital.csv"
    import_register(organization, read_file(name), name)
    file = io.BytesIO()
    exports.write_xlsx(Risk.objects.order_by("number"), organization, file)
    run = preview_register(organization, file.getvalue(), "export.xlsx")
    assert (count_changes(run), ImportSource.objects.count()) == (0, 1)
