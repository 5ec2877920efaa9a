"""Ratings of any scale, in words and numbers."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.registers.mapping.ratings import (
    IMPACT,
    LIKELIHOOD,
    RatingColumn,
    Ratings,
    Scale,
    read_ratings,
)


def read(*cells: str, header: str = "Likelihood", axis: str = LIKELIHOOD) -> Ratings:
    return read_ratings([RatingColumn(header, axis, Counter(cells))])[header]


def impacts(*cells: str) -> list[int | None]:
    return list(read(*cells, axis=IMPACT).values.values())


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Low", "Medium", "High"], [1, 3, 5]),
        (["L", "M", "H"], [1, 3, 5]),
        (["Medium", "High"], [3, 5]),
        (["Very low", "Low", "Medium", "High", "Very high"], [1, 2, 3, 4, 5]),
        (["Low", "High", "Very High"], [2, 4, 5]),
        (["Rare", "Unlikely", "Possible", "Likely", "Almost certain"], [1, 2, 3, 4, 5]),
        (["Possible", "Likely"], [3, 4]),
        (["Improbable", "Remote", "Occasional", "Probable", "Frequent"], [1, 2, 3, 4, 5]),
        (["Remote", "Likely"], [1, 4]),
        (["très faible", "Faible", "Moyenne", "Élevée", "Très élevée"], [1, 2, 3, 4, 5]),
        (["unwahrscheinlich", "möglich", "sehr wahrscheinlich"], [2, 3, 5]),
        (["Poco probable", "Posible", "Casi seguro"], [2, 3, 5]),
        (["improbabile", "possibile", "quasi certo"], [2, 3, 5]),
        (["Improvável", "Possível", "Quase certo"], [2, 3, 5]),
        (["onwaarschijnlijk", "mogelijk", "vrijwel zeker"], [2, 3, 5]),
        (["niedrig", "mittel", "hoch"], [1, 3, 5]),
    ],
)
def test_likelihoods_in_words(cells: list[str], expected: list[int]) -> None:
    assert list(read(*cells).values.values()) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Insignificant", "Minor", "Moderate", "Major", "Severe"], [1, 2, 3, 4, 5]),
        (["Negligible", "Minor", "Moderate", "Major", "Catastrophic"], [1, 2, 3, 4, 5]),
        (["Minor", "Moderate", "Major", "Severe", "Catastrophic"], [1, 2, 3, 4, 5]),
        (["Severe", "Catastrophic"], [4, 5]),
        (["Moderate", "Critical"], [3, 5]),
        (["Low", "Medium", "High", "Critical"], [1, 3, 4, 5]),
        (["vernachlässigbar", "begrenzt", "beträchtlich", "existenzbedrohend"], [1, 2, 4, 5]),
        (["Mineure", "Significative", "Grave", "Critique"], [2, 3, 4, 5]),
        (["Insignificante", "Menor", "Moderado", "Mayor", "Catastrófico"], [1, 2, 3, 4, 5]),
    ],
)
def test_impacts_in_words(cells: list[str], expected: list[int]) -> None:
    assert impacts(*cells) == expected


def test_columns_of_one_kind_decide_together() -> None:
    inherent = RatingColumn("a", LIKELIHOOD, {"Very high": 1})
    residual = RatingColumn("b", LIKELIHOOD, {"Low": 1, "High": 1})
    impact = RatingColumn("c", IMPACT, {"High": 1})
    ratings = read_ratings([inherent, residual, impact])
    assert ratings["b"].values == {"Low": 2, "High": 4}
    assert ratings["c"].values == {"High": 5}


def test_words_are_a_guess_with_a_table() -> None:
    ratings = read("High", "Low", "5")
    assert ratings.guess == "Words were read as ratings from 1 to 5."
    assert ratings.table == {"High": 5, "Low": 1}


def test_an_unknown_word_is_an_error_that_names_known_ones() -> None:
    assert "Almost certain" in read("Sometimes").errors["Sometimes"]


@pytest.mark.parametrize("cell", ["", "n/a", "TBD", "-", "Not assessed"])
def test_words_for_not_assessed_are_none(cell: str) -> None:
    assert read(cell, "3").values[cell] is None


def test_plain_ratings_need_no_guess() -> None:
    ratings = read("1", "5", "3.0")
    assert list(ratings.values.values()) == [1, 5, 3]
    assert ratings.guess == ""


@pytest.mark.parametrize("cell", ["0", "6", "-1", "55", "99999999"])
def test_a_number_outside_of_the_scale_is_an_error(cell: str) -> None:
    assert "outside of the scale from 1 to 5" in read("1", "2", "5", cell).errors[cell]


@pytest.mark.parametrize(
    ("cell", "rating"),
    [("4 - Likely", 4), ("Likely (4)", 4), ("2: Unlikely", 2), ("L3", 3), ("4/5", 4), ("10/10", 5),
     ("3,5", 4), ("2.4", 2)],
)  # fmt: skip
def test_a_number_is_taken_out_of_its_text(cell: str, rating: int) -> None:
    ratings = read("1", cell)
    assert ratings.values[cell] == rating
    assert ratings.table[cell] == rating


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("Likelihood (1-3)", ["1", "2", "3"], [1, 3, 5]),
        ("Likelihood (1-4)", ["1", "2", "3", "4"], [1, 2, 4, 5]),
        ("Likelihood 1 to 10", ["1", "5", "10"], [1, 3, 5]),
        ("Likelihood (0-4)", ["0", "4"], [1, 5]),
        ("Likelihood /10", ["10"], [5]),
        ("Likelihood (%)", ["10", "50", "100"], [1, 3, 5]),
        ("Likelihood", ["10%", "50 %", "90%"], [1, 3, 5]),
        ("Likelihood", ["0.1", "0,5", "1"], [1, 3, 5]),
        ("Likelihood", ["0.2", "0.21", "0.6"], [1, 2, 3]),
        ("Likelihood", ["7", "8", "9", "2"], [4, 4, 5, 1]),
        ("Likelihood", ["20", "60", "80", "0"], [1, 3, 4, 1]),
    ],
)
def test_other_scales_are_converted_to_ours(
    header: str, cells: list[str], expected: list[int]
) -> None:
    ratings = read(*cells, header=header)
    assert list(ratings.values.values()) == expected
    assert "converted to 1 to 5" in ratings.guess


def test_a_header_keeps_numbers_within_its_scale() -> None:
    assert list(read("7", "8", "9", header="Likelihood (1-5)").errors) == ["7", "8", "9"]


def columns(likelihoods: str, impacts: str) -> dict[str, Ratings]:
    return read_ratings(
        [
            RatingColumn("L", LIKELIHOOD, Counter(likelihoods)),
            RatingColumn("I", IMPACT, Counter(impacts)),
        ]
    )


def test_many_ratings_that_use_1_to_3_only_are_on_a_scale_of_three() -> None:
    ratings = columns("1231231231", "3213213213")
    assert ratings["L"].values == {"1": 1, "2": 3, "3": 5}
    assert "scale from 1 to 3" in ratings["I"].guess


def test_few_low_ratings_are_taken_as_they_are_with_a_hint() -> None:
    ratings = columns("123", "321")
    assert ratings["L"].values == {"1": 1, "2": 2, "3": 3}
    assert "write (1-3) into the header" in ratings["L"].guess


def test_one_rating_of_five_settles_the_scale() -> None:
    ratings = columns("1231231231", "3213213215")
    assert ratings["L"].values == {"1": 1, "2": 2, "3": 3}
    assert ratings["L"].guess == ""


def test_our_own_columns_are_never_rescaled() -> None:
    column = RatingColumn("inherent_likelihood", LIKELIHOOD, Counter("123" * 10), ours=True)
    ratings = read_ratings([column])["inherent_likelihood"]
    assert ratings.values == {"1": 1, "2": 2, "3": 3}
    assert ratings.guess == ""


@given(st.integers(0, 1), st.integers(2, 100), st.fractions(0, 100))
def test_every_scale_ends_at_one_and_five_and_rises(low: int, high: int, number: Fraction) -> None:
    scale = Scale(low, high)
    assert (scale.to_rating(Fraction(low)), scale.to_rating(Fraction(high))) == (1, 5)
    below, above = scale.to_rating(number), scale.to_rating(number + 1)
    assert below is None or above is None or 1 <= below <= above <= 5
