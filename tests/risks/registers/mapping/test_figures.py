"""Scores and levels of the source: compared, kept, and turned into ratings where asked for."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.registers.mapping.ratings.derivation import derive_ratings
from risks.registers.mapping.ratings.figures import SourceFigure, read_figure
from risks.registers.mapping.ratings.scales import Scale
from risks.registers.results import Interpretation
from risks.scoring import default_levels
from tests.risks.registers.mapping.reading import first, read

LEVELS = default_levels()


@pytest.mark.parametrize(
    ("text", "score", "level"),
    [
        ("12", 12, ""),
        ("12.0", 12, ""),
        ("12,5", 12.5, ""),
        ("High", None, "high"),
        ("12 (High)", 12, "high"),
        ("Sehr hoch - 20", 20, "critical"),
        ("16/25", 16, ""),
        ("Red", None, "high"),
        ("Huge", None, ""),
        ("Level of R2", None, ""),
    ],
)
def test_a_figure_is_a_score_or_a_level_or_both(text: str, score: float | None, level: str) -> None:
    expected = None if score is None else Fraction(str(score))
    assert read_figure(text) == SourceFigure(expected, level)


def details(interpretation: Interpretation, *whats: str) -> list[str]:
    return [guess.detail for guess in interpretation.guesses if guess.what in whats]


def test_a_score_or_level_alone_is_kept_and_reported() -> None:
    interpretation = read("Title,Likelihood,Impact,Residual score,Residual level\nx,4,5,6,Low\n")
    row = interpretation.rows[0]
    assert row.values["source_ratings"] == {"residual": "6 Low"}
    assert row.extra == {"Residual score": "6", "Residual level": "Low"}
    assert "residual_likelihood" not in row.values
    score, level = details(interpretation, "figure")
    assert score.startswith("A score cannot be taken over without likelihood and impact.")
    assert "The current score of these risks is the inherent one." in level


def test_a_figure_that_is_ours_is_not_said_again() -> None:
    interpretation = read("Title,Likelihood,Impact,Risk score\nx,4,5,20\ny,4,5,\n")
    assert [row.values["source_ratings"] for row in interpretation.rows] == [{}, {}]
    assert details(interpretation, "figure", "difference") == []


@pytest.mark.parametrize(
    ("columns", "row", "ratings", "derived"),
    [
        ("Risk score", "12", (3, 4), "score 12"),
        ("Risk score", "20", (4, 5), "score 20"),
        ("Risk score", "25", (5, 5), "score 25"),
        ("Risk score", "7", None, None),
        ("Risk score", "40", None, None),
        ("Risk score (1-9)", "6", (3, 5), "score 6"),
        ("Risk score (1-5)", "4", None, None),
        ("Risk level", "High", (3, 5), "level High"),
        ("Risk level", "critical", (4, 5), "level critical"),
        ("Risk level", "Huge", None, None),
        ("Likelihood,Risk score", "2,10", (2, 5), "score 10"),
        ("Risk score,Risk level", "8,Medium", (2, 4), "score 8"),
    ],
)
def test_ratings_are_derived_where_the_caller_wants_that(
    columns: str, row: str, ratings: tuple[int, int] | None, derived: str | None
) -> None:
    values = first(f"Title,{columns}\nx,{row}\n", derive_ratings=True).values
    both = (values.get("inherent_likelihood"), values.get("inherent_impact"))
    assert both == (ratings or (None, None))
    assert values["derived_ratings"] == ({"inherent": derived} if derived else {})


def test_what_cannot_be_derived_is_reported() -> None:
    interpretation = read("Title,Risk score\nx,7\ny,12\n", derive_ratings=True)
    alone, derived, refused = details(interpretation, "figure")
    assert "--derive-ratings" not in alone
    assert "marked as derived until someone confirms" in derived
    assert refused.startswith("For 1 row nothing was derived")


def test_a_residual_score_is_on_the_scale_of_the_inherent_one() -> None:
    text = "Title,Likelihood,Impact,Inherent score,Residual score\nx,4,5,20,4\n"
    assert first(text, derive_ratings=True).values["derived_ratings"] == {"residual": "score 4"}


def test_open_risks_with_derived_ratings_are_not_assessed() -> None:
    values = first("Title,Status,Risk score\nx,Open,12\n", derive_ratings=True).values
    assert values["status"] == "identified"


def test_a_product_of_three_is_recognized_and_not_compared() -> None:
    interpretation = read(
        "Title,Impact (1-10),Likelihood (1-10),Detection,RPN\nx,9,4,5,180\ny,7,2,3,42\n"
    )
    assert interpretation.differences == []
    assert interpretation.rows[0].extra == {"Detection": "5", "RPN": "180"}
    assert interpretation.rows[0].values["source_ratings"] == {"inherent": "180"}
    (detail,) = details(interpretation, "difference")
    assert "likelihood x impact x Detection on a scale from 1 to 10" in detail


def test_a_sum_is_recognized_and_a_mistake_in_it_is_reported() -> None:
    rows = "\n".join(f"r{i},{1 + i % 5},4,{5 + i % 5}" for i in range(9))
    interpretation = read(f"Title,Likelihood,Impact,Risk score\n{rows}\nz,3,3,9\nq,2,5,3\n")
    assert [d.theirs for d in interpretation.differences] == ["3"]
    assert "likelihood + impact" in details(interpretation, "difference")[0]


def test_a_product_with_percent_is_recognized() -> None:
    text = "Title,Likelihood (%),Impact,Risk score\nx,20,4,0.8\ny,60,2,1.2\n"
    interpretation = read(text)
    assert interpretation.differences == []
    assert "likelihood in percent x impact" in details(interpretation, "difference")[0]


def test_levels_of_the_source_say_the_scale_of_its_numbers() -> None:
    text = "Title,Likelihood,Impact,Risk level\nx,3,3,High\ny,1,1,Low\nz,2,2,Medium\n"
    rows = read(text).rows
    assert [row.values["inherent_impact"] for row in rows] == [5, 1, 3]


@given(st.sampled_from([*product(range(1, 6), repeat=2)]))
def test_what_is_derived_gives_the_score_and_level_it_came_from(cell: tuple[int, int]) -> None:
    score, level = cell[0] * cell[1], LEVELS[cell[0] - 1][cell[1] - 1]
    by_score = derive_ratings(LEVELS, score=Fraction(score))
    by_level = derive_ratings(LEVELS, level=level)
    assert by_score[0] * by_score[1] == score
    assert LEVELS[by_level[0] - 1][by_level[1] - 1] == level


def test_a_matrix_without_the_level_derives_nothing() -> None:
    assert derive_ratings([["low"] * 5] * 5, level="high") is None
    assert derive_ratings(LEVELS, score=Fraction(9), scale=Scale(1, 3)) == (5, 5)
