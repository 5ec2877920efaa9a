"""From the contents of a pack to records of a run (`risks.import_runs.changes`)."""

from collections.abc import Iterator
from typing import Any

from risks.import_runs.changes import SourceRecord
from risks.import_runs.importers.control import control_identity, framework_identity
from risks.models import Category, Control, Framework, Mitigation, Risk, Status
from risks.text import clean_text

RISK, CATEGORY, MITIGATION, FRAMEWORK, CONTROL = (
    model._meta.label_lower for model in (Risk, Category, Mitigation, Framework, Control)
)
BOARD = "dashboards.board"
_COPIED = ("title", "category", "treatment", "inherent_likelihood", "inherent_impact", "tags")


def build_records(contents: list[tuple[str, Any]]) -> list[SourceRecord]:
    """Of all but the matrices: an organization has one, which a person chooses."""
    return [
        record
        for kind, value in contents
        for record in {"risks": _risks, "framework": _framework, "boards": _boards}.get(
            kind, lambda value: iter(())
        )(value)
    ]


def _risks(value: dict[str, Any]) -> Iterator[SourceRecord]:
    """Risks come as drafts, which count nowhere until somebody takes them up."""
    for row, category in enumerate(value["categories"], 1):
        values = {"description": category["description"]} if category.get("description") else {}
        yield SourceRecord(CATEGORY, category["name"], row, values)
    for row, risk in enumerate(value["risks"], 1):
        values = {name: risk[name] for name in _COPIED if name in risk}
        values |= {
            "description": clean_text(risk.get("description", "")),
            "status": Status.DRAFT.value,
        }
        yield SourceRecord(RISK, risk["id"], row, values, "id")
        if suggested := risk.get("suggested_treatment"):
            yield SourceRecord(MITIGATION, risk["id"], row, _plan(suggested))


def _plan(suggested: list[dict[str, Any]]) -> dict[str, Any]:
    """One plan of all that is suggested, as long as a risk has one from a source.

    To have several, `MitigationImporter` would have to know them by an identity of their own, and
    a record to name its risk.
    """
    lines = [
        f"- {part['title']}" + (f": {part['description']}" if part.get("description") else "")
        for part in suggested
    ]
    first = suggested[0]["title"]
    title = first if len(suggested) == 1 else f"{first}, and {len(suggested) - 1} more"
    return {"title": title, "description": clean_text("\n".join(lines)), "due_date": None}


def _framework(value: dict[str, Any]) -> Iterator[SourceRecord]:
    edition = value.get("edition", "")
    identity = framework_identity(value["name"], edition)
    about = {"name": value["name"], "edition": edition}
    yield SourceRecord(
        FRAMEWORK, identity, 0, about | {"description": value.get("description", "")}
    )
    for row, control in enumerate(value["controls"], 1):
        said = {
            "framework": identity,
            "identifier": control["identifier"],
            "title": control["title"],
            "text": control.get("text", ""),
            "parent": control.get("parent", ""),
        }
        yield SourceRecord(CONTROL, control_identity(identity, control["identifier"]), row, said)


def _boards(value: dict[str, Any]) -> Iterator[SourceRecord]:
    for row, board in enumerate(value["boards"], 1):
        said = {"name": board["name"], "widgets": board["widgets"]}
        said["filters"] = {"period": board["period"]} if "period" in board else {}
        yield SourceRecord(BOARD, board["slug"], row, said)
