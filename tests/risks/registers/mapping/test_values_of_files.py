"""Values that stand in files as people write them: each gives what it says, or is reported."""

from typing import Any

import pytest

from risks.registers.mapping.interpreter import interpret_table
from risks.registers.options import ReadingOptions
from risks.registers.results import Interpretation
from risks.registers.table import read_table
from tests.conftest import SHARED_DATA
from tests.risks.registers.mapping.reading import RATINGS

DUE = "due_date"


def read_file(name: str, **options: Any) -> Interpretation:
    path = SHARED_DATA / "faults" / name
    if not path.exists():
        pytest.skip(f"needs {name}, which is not part of the project")
    reading = ReadingOptions(**options)
    return interpret_table(read_table(path.read_bytes(), name, reading), reading)


def values_of(interpretation: Interpretation, *names: str) -> list[tuple[Any, ...]]:
    assert interpretation.errors == []
    return [tuple(row.values.get(name) for name in names) for row in interpretation.rows]


@pytest.mark.parametrize(
    ("name", "ratings"),
    [
        ("mixed.csv", [(4, 5), (2, 2), (3, 4)]),
        ("threat-generic.csv", [(3, 4), (3, 4)]),
        ("threat-probability.csv", [(4, 5)]),
        ("long-risk.csv", [(3, 5)]),
        ("unknown-language-headers.csv", [(5, 5), (3, 3)]),
        ("japanese.csv", [(4, 5)]),
    ],
)
def test_ratings(name: str, ratings: list[tuple[int, int]]) -> None:
    assert values_of(read_file(name), *RATINGS[:2]) == ratings


def test_dates() -> None:
    assert values_of(read_file("dates-not-read.csv"), DUE) == [("2026-12-31",)] * 3
    by_month = values_of(read_file("dates-month-first.csv", month_first=True), DUE)
    assert by_month == [("2027-03-04",), ("2027-05-06",)]
    guesses = read_file("dates-month-first.csv").guesses
    assert "--month-first" in next(guess.detail for guess in guesses if guess.what == "date")


@pytest.mark.parametrize(
    ("name", "said", "derived"),
    [
        ("residual-score-only.csv", {"residual": "6"}, (2, 3)),
        ("residual-level-only.csv", {"residual": "Low"}, (1, 3)),
    ],
)
def test_a_residual_figure_alone(name: str, said: dict[str, str], derived: tuple[int, int]) -> None:
    names = ("source_ratings", *RATINGS[2:])
    assert values_of(read_file(name), *names) == [(said, None, None)]
    assert values_of(read_file(name, derive_ratings=True), *names) == [(said, *derived)]
    assert "figure" in {guess.what for guess in read_file(name).guesses}


def test_a_level_alone() -> None:
    assert values_of(read_file("score-only.csv"), *RATINGS[:2]) == [(None, None), (None, None)]
    derived = read_file("score-only.csv", derive_ratings=True)
    assert values_of(derived, *RATINGS[:2]) == [(3, 5), (1, 3)]


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        (
            "threat-generic.csv",
            ["Patient records are read by people who need not", "Invoices are paid to thieves"],
        ),
        ("risk-is-a-number.csv", ["Cooling the server room", "Keeping people"]),
    ],
)
def test_titles(name: str, titles: list[str]) -> None:
    assert values_of(read_file(name), "title") == [(title,) for title in titles]


def test_a_long_statement() -> None:
    ((title, description),) = values_of(read_file("long-risk.csv"), "title", "description")
    assert len(title) <= 255 < len(description)
    assert description.startswith(title.removesuffix("…"))
