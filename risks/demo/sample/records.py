"""Records of an import run, made of `register.toml`."""

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from risks.import_runs.changes import SourceRecord, Values
from risks.import_runs.importers.control import control_identity, framework_identity
from risks.models import Asset, Category, Control, Framework, Matrix, Mitigation, Risk
from risks.scoring import DEFAULT_SIZE, convert_rating

FRAMEWORK, EDITION = "Sample baseline", "1"
DESCRIPTION = "A few controls to look around with, not a standard."


@cache
def read_register() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "register.toml").read_text())


def build_records(now: datetime, matrix: Matrix) -> list[SourceRecord]:
    """Build all records; dates are relative to `now`, ratings are brought to the matrix."""
    return [
        *(record_of(Category, row["name"], number, {}) for number, row in rows_of("categories")),
        *(record_of(Asset, row["name"], number, row) for number, row in rows_of("assets")),
        *build_controls(),
        *(
            record
            for number, risk in rows_of("risks")
            for record in build_risk(number, risk, now, matrix)
        ),
    ]


def rows_of(table: str) -> Iterator[tuple[int, Values]]:
    yield from enumerate(read_register()[table], 1)


def record_of(model: Any, identity: str, number: int, values: Values) -> SourceRecord:
    return SourceRecord(model._meta.label_lower, identity, number, values)


def build_controls() -> Iterator[SourceRecord]:
    identity = framework_identity(FRAMEWORK, EDITION)
    about = {"name": FRAMEWORK, "edition": EDITION, "description": DESCRIPTION}
    yield record_of(Framework, identity, 0, about)
    for number, row in rows_of("controls"):
        control = control_identity(identity, row["identifier"])
        yield record_of(Control, control, number, {**row, "framework": identity})


def build_risk(number: int, risk: Values, now: datetime, matrix: Matrix) -> Iterator[SourceRecord]:
    """Build the record of a risk, and that of its mitigation if it has one."""
    values: Values = {
        **{name: risk[name] for name in ("title", "description", "category", "tags")},
        "owner_name": risk["owner"],
        "status": risk["status"],
        "treatment": risk.get("treatment", ""),
        "assets": risk.get("assets", []),
        "controls": risk.get("controls", []),
    }
    for kind in ("inherent", "residual", "target"):
        if kind in risk:
            for name, rating in zip(
                (f"{kind}_likelihood", f"{kind}_impact"), risk[kind], strict=True
            ):
                size = len(matrix.ratings(name))
                values[name] = convert_rating(rating, DEFAULT_SIZE, size)
    if "interval" in risk:
        values["review_interval_days"] = risk["interval"]
    if "review" in risk:
        values["next_review_at"] = (now + timedelta(days=risk["review"])).isoformat()
    yield record_of(Risk, risk["id"], number, values)
    if "plan" in risk:
        due = (now + timedelta(days=risk["due"])).date()
        plan = {"title": risk["plan"], "description": risk["steps"], "due_date": due.isoformat()}
        yield record_of(Mitigation, risk["id"], number, plan)
