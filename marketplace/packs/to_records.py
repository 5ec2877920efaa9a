"""Turns the contents of a pack into records of an import run (`risks.import_runs.changes`)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from risks.import_runs.changes import SourceRecord
from risks.import_runs.importers.control import control_identity, framework_identity
from risks.models import Category, Control, Framework, Matrix, Mitigation, Risk, Status
from risks.scoring import DEFAULT_SIZE, convert_rating
from risks.text import clean_text

RISK, CATEGORY, MITIGATION, FRAMEWORK, CONTROL = (
    model._meta.label_lower for model in (Risk, Category, Mitigation, Framework, Control)
)
BOARD = "dashboards.board"
RATINGS = {"inherent_likelihood", "inherent_impact"}
_COPIED = ("title", "category", "treatment", *sorted(RATINGS), "tags")


def build_records(contents: list[tuple[str, Any]], matrix: Matrix) -> list[SourceRecord]:
    """Build records of everything but matrices: an organization has one, which people choose.

    Packs rate from 1 to 5; `matrix` has the scale that their ratings are brought to.
    """
    builders: dict[str, Callable[[dict[str, Any]], Iterator[SourceRecord]]] = {
        "risks": partial(build_risk_records, matrix=matrix),
        "framework": build_framework_records,
        "boards": build_board_records,
    }
    return [
        record for kind, value in contents if kind in builders for record in builders[kind](value)
    ]


def build_risk_records(value: dict[str, Any], matrix: Matrix) -> Iterator[SourceRecord]:
    """Risks are drafts, which no figure counts until someone reviews them."""
    for row, category in enumerate(value["categories"], 1):
        values = {"description": category["description"]} if category.get("description") else {}
        yield SourceRecord(CATEGORY, category["name"], row, values)
    for row, risk in enumerate(value["risks"], 1):
        values = {name: risk[name] for name in _COPIED if name in risk}
        for name in RATINGS & values.keys():
            values[name] = convert_rating(values[name], DEFAULT_SIZE, len(matrix.ratings(name)))
        values |= {
            "description": clean_text(risk.get("description", "")),
            "status": Status.DRAFT.value,
        }
        yield SourceRecord(RISK, risk["id"], row, values, "id")
        if suggested := risk.get("suggested_treatment"):
            yield SourceRecord(MITIGATION, risk["id"], row, merge_treatments(suggested))


def merge_treatments(suggested: list[dict[str, Any]]) -> dict[str, Any]:
    """One plan for all suggestions: a source has at most one plan for a risk.

    For several, `MitigationImporter` would have to identify plans, and records name their risk.
    """
    lines = [
        f"- {part['title']}" + (f": {part['description']}" if part.get("description") else "")
        for part in suggested
    ]
    first = suggested[0]["title"]
    title = first if len(suggested) == 1 else f"{first}, and {len(suggested) - 1} more"
    return {"title": title, "description": clean_text("\n".join(lines)), "due_date": None}


def build_framework_records(value: dict[str, Any]) -> Iterator[SourceRecord]:
    edition = value.get("edition", "")
    identity = framework_identity(value["name"], edition)
    about = {"name": value["name"], "edition": edition}
    yield SourceRecord(
        FRAMEWORK, identity, 0, about | {"description": value.get("description", "")}
    )
    for row, control in enumerate(value["controls"], 1):
        values = {
            "framework": identity,
            "identifier": control["identifier"],
            "title": control["title"],
            "text": control.get("text", ""),
            "parent": control.get("parent", ""),
        }
        yield SourceRecord(CONTROL, control_identity(identity, control["identifier"]), row, values)


def build_board_records(value: dict[str, Any]) -> Iterator[SourceRecord]:
    for row, board in enumerate(value["boards"], 1):
        values = {"name": board["name"], "widgets": board["widgets"]}
        values["filters"] = {"period": board["period"]} if "period" in board else {}
        yield SourceRecord(BOARD, board["slug"], row, values)
