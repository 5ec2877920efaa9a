"""Our own export, which reads back exactly."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.models import Status, Treatment
from risks.registers.reading.text import join_list, neutralize_formula
from risks.text import clean_text
from tests.risks.registers.mapping.reading import RATINGS, errors, read

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


line = text.map(clean_text)


rating = st.none() | st.integers(1, 5)


own_risk = st.fixed_dictionaries(
    {
        "title": line.filter(bool),
        "description": line,
        "category": line,
        "status": st.sampled_from(Status.values),
        "owner": st.sampled_from([None, "ann@example.com"]),
        "owner_name": line,
        "treatment": st.sampled_from(["", *Treatment.values]),
        "tags": st.lists(line.filter(bool), unique=True, max_size=3),
        "assets": st.lists(line.filter(bool), unique=True, max_size=3),
        "next_review_at": st.sampled_from([None, "2027-05-31T10:30:00+00:00"]),
        **dict.fromkeys((*RATINGS, "target_likelihood", "target_impact"), rating),
    }
)


def exported(risks: Sequence[dict[str, Any]]) -> str:
    """The risks as our export writes them, with a column that it only informs by."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["reference", "external_id", "version", *risks[0], "Threat"])
    for number, risk in enumerate(risks, 1):
        values = [risk[name] for name in risks[0]]
        cells = [join_list(v) if isinstance(v, list) else v or "" for v in values]
        row = [f"R-{number:04d}", "same", 3, *cells, "kept"]
        writer.writerow([neutralize_formula(str(cell)) for cell in row])
    return file.getvalue()


@given(st.lists(own_risk, min_size=1, max_size=4))
def test_an_export_reads_back_as_it_was(risks: list[dict[str, Any]]) -> None:
    interpretation = read(exported(risks))
    assert interpretation.errors == []
    assert [row.identity for row in interpretation.rows] == [
        f"R-{n:04d}" for n in range(1, len(risks) + 1)
    ]
    assert [row.extra for row in interpretation.rows] == [{"Threat": "kept"}] * len(risks)
    for row, risk in zip(interpretation.rows, risks, strict=True):
        assert {name: row.values[name] for name in risk} == risk


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", "Open-ish"), ("treatment", "Pray"), ("owner", "Ann"), ("title", "")],
)
def test_an_edited_export_is_read_strictly(field: str, value: str) -> None:
    risk = {
        "title": "x", "status": "draft", "treatment": "", "owner": None, "owner_name": "",
        "inherent_likelihood": 3, "inherent_impact": 3,
    }  # fmt: skip
    assert errors(exported([risk | {field: value}])) == [(2, field)]
