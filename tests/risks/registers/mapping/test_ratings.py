"""Ratings of any scale, in words, numbers and frequencies."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.registers.mapping.ratings.frequencies import frequency_rating, times_a_year
from risks.registers.mapping.ratings.reading import (
    IMPACT,
    LIKELIHOOD,
    RatingColumn,
    Ratings,
    read_ratings,
)
from risks.registers.mapping.ratings.scales import RatedRow, Scale
from risks.scoring import default_levels


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
    assert ratings.guess == "Words were mapped to ratings from 1 to 5."
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
     ("3,5", 4), ("2.4", 2), ("3.33333333333333", 3)],  # the last as a spreadsheet stores 10/3
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
        ("L_1to10", ["7", "2"], [4, 1]),
        ("Likelihood (1 = rare, 4 = certain)", ["3", "4"], [4, 5]),
        ("Wahrscheinlichkeit von 1 bis 3", ["1", "2"], [1, 3]),
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


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Medium-High", "Low/Medium", "~50%", "Low"], [4, 2, 3, 1]),
        (["Medium to High", "Very high", "Low"], [4, 5, 2]),
        (["mittel bis hoch", "niedrig"], [4, 1]),
        (["moyen à élevé", "Très élevé"], [4, 5]),
        (["4 - Likely", "2 - Unlikely"], [4, 2]),
        (["High (4)", "Medium (3)", "High"], [4, 3, 4]),
        (["3 - High", "2 - Medium", "1 - Low"], [5, 3, 1]),
        (["1 - High", "2 - Medium", "3 - Low"], [5, 3, 1]),
        (["Possible (20-50%)", "Rare: once in 50 years"], [3, 1]),
        ([">80%", "10-20 %", "< 5 percent"], [5, 1, 1]),
        (["3.5/5", "2 of 4", "8 out of 10"], [4, 2, 4]),
        (["rather unlikely", "HIGH RISK", "Extremely high"], [2, 4, 5]),
        (["高", "中", "低"], [5, 3, 1]),
        (["высокая", "средняя", "очень низкая"], [4, 3, 1]),
        (["once in 10 years", ">10/yr", "monthly", "2 x per year"], [2, 4, 4, 3]),
    ],
)
def test_ratings_as_people_write_them(cells: list[str], expected: list[int]) -> None:
    ratings = read(*cells)
    assert (list(ratings.values.values()), ratings.errors) == (expected, {})
    assert ratings.table.keys() == set(cells)


def test_amounts_are_kept_and_nothing_is_rated() -> None:
    ratings = read("$1.2M", "€ 500k", "4", axis=IMPACT)
    assert ratings.values == {"$1.2M": None, "€ 500k": None, "4": 4}
    assert ratings.kept == {"$1.2M", "€ 500k"}
    assert "kept as they are" in ratings.guess
    assert read("250000", "12000", axis=IMPACT).kept == {"250000", "12000"}


@pytest.mark.parametrize("cell", ["2 weeks", "Servers stop", "7 servers stop at 5"])
def test_a_number_in_a_sentence_is_not_a_rating(cell: str) -> None:
    assert "not known as an impact" in read(cell, axis=IMPACT).errors[cell]


def test_one_axis_shares_a_scale_and_the_other_does_not_have_to() -> None:
    ratings = read_ratings(
        [
            RatingColumn("inherent", LIKELIHOOD, Counter(["60", "80", "20"])),
            RatingColumn("residual", LIKELIHOOD, Counter(["5", "10"])),
            RatingColumn("impact", IMPACT, Counter("345")),
        ]
    )
    assert ratings["residual"].values == {"5": 1, "10": 1}
    assert ratings["impact"].values == {"3": 3, "4": 4, "5": 5}


def test_numbers_of_one_scale_of_ten_speak_for_the_other_axis() -> None:
    ratings = read_ratings(
        [
            RatingColumn("Severity", IMPACT, Counter(["3", "5"])),
            RatingColumn("Occurrence", LIKELIHOOD, Counter(["7", "8", "9"])),
        ]
    )
    assert ratings["Severity"].values == {"3": 2, "5": 3}
    assert "from 1 to 10, as their numbers show," in ratings["Severity"].guess


@pytest.mark.parametrize(
    ("level", "scale"), [("high", "from 1 to 3"), ("medium", "")]
)  # of a risk that is 3 and 3
def test_levels_beside_short_numbers_say_the_scale(level: str, scale: str) -> None:
    rows = {RatedRow(Fraction(3), Fraction(3), level): 1}
    columns = [RatingColumn(axis, axis, {"3": 1}) for axis in (LIKELIHOOD, IMPACT)]
    ratings = read_ratings(columns, rows)["likelihood"]
    assert ratings.values == {"3": 5 if scale else 3}
    assert scale in ratings.guess


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


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("once in 10 years", 0.1),
        ("2 x per year", 2),
        ("0.1/year", 0.1),
        ("every 2 weeks", 26),
        ("weekly", 52),
        ("several times a year", 3),
        ("alle 10 Jahre", 0.1),
        ("une fois par an", 1),
        ("cada 5 años", 0.2),
        ("ogni 10 anni", 0.1),
        ("uma vez por ano", 1),
        ("eens per 10 jaar", 0.1),
        ("raz na 10 lat", 0.1),
        ("1 раз в 10 лет", 0.1),
        ("每年2次", 2),
        ("10年に1回", 0.1),
        ("10 years", None),
        ("High", None),
        ("once", None),
    ],
)
def test_frequencies(text: str, times: float | None) -> None:
    assert times_a_year(text) == (None if times is None else pytest.approx(Fraction(str(times))))


def test_frequencies_are_rated_by_a_published_table() -> None:
    texts = ("once in 20 years", "once in 10 years", "once a year", ">10/yr", "more than 100/year")
    assert [frequency_rating(times_a_year(text)) for text in texts] == [1, 2, 3, 4, 5]


WRITTEN = ("{n}", "{n} - {word}", "{word} ({n})", "{n}/5", "{word}", "({n}) {word}", "{n}: {word}")


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=8),
    st.sampled_from(WRITTEN),
    st.sampled_from([
        ["Rare", "Unlikely", "Possible", "Likely", "Almost certain"],
        ["Very low", "Low", "Medium", "High", "Very high"],
        ["sehr gering", "gering", "mittel", "hoch", "sehr hoch"],
        ["很低", "低", "中", "高", "很高"],
        ["bardzo niskie", "niskie", "średnie", "wysokie", "bardzo wysokie"],
    ]),
)  # fmt: skip
def test_every_rating_comes_back_or_is_reported(
    ratings: list[int], written: str, words: list[str]
) -> None:
    """All five words in use settle the words; what is read otherwise is in the table."""
    cells = {written.format(n=index + 1, word=words[index]): index + 1 for index in ratings}
    every = {written.format(n=n, word=word): n for n, word in enumerate(words, 1)}
    result = read(*cells, *every)
    assert result.errors == {}
    assert result.values == every
    assert read(*cells).errors == {}


@given(st.integers(0, 1), st.integers(2, 100), st.fractions(0, 100))
def test_every_scale_ends_at_one_and_five_and_rises(low: int, high: int, number: Fraction) -> None:
    scale = Scale(low, high)
    assert (scale.to_rating(Fraction(low)), scale.to_rating(Fraction(high))) == (1, 5)
    below, above = scale.to_rating(number), scale.to_rating(number + 1)
    assert below is None or above is None or 1 <= below <= above <= 5


def test_a_legend_names_the_scale() -> None:
    column = RatingColumn("Likelihood", LIKELIHOOD, {"2": 1}, legend="1 = rare, 3 = likely")
    ratings = read_ratings([column])["Likelihood"]
    assert ratings.values == {"2": 3}
    assert "as the legend says" in ratings.guess


# --- Other sizes of the matrix ------------------------------------------------------------------
def read_on(size: int, *cells: str, **options: object) -> Ratings:
    column = RatingColumn("Likelihood", LIKELIHOOD, Counter(cells), size=size, **options)
    return read_ratings([column], levels=default_levels(size, size))["Likelihood"]


@pytest.mark.parametrize(
    ("size", "cells", "expected"),
    [
        (3, ["Low", "Medium", "High"], [1, 2, 3]),
        (4, ["Low", "Medium", "High", "Critical"], [1, 2, 3, 4]),
        (4, ["Rare", "Unlikely", "Possible", "Likely", "Almost certain"], [1, 2, 3, 3, 4]),
        (4, ["1", "2", "3", "4"], [1, 2, 3, 4]),
        (4, ["1", "3", "5"], [1, 3, 4]),
        (6, ["1", "6"], [1, 6]),
        (6, ["2/10", "10/10"], [2, 6]),
        (6, ["daily", "once in 100 years"], [6, 1]),
    ],
    ids=str,
)
def test_ratings_are_brought_to_the_matrix(
    size: int, cells: list[str], expected: list[int]
) -> None:
    assert list(read_on(size, *cells).values.values()) == expected


def test_error_names_the_scale_of_the_matrix() -> None:
    assert "Write 1 to 4;" in read_on(4, "gibberish", "3").errors["gibberish"]
