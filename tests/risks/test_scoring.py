"""The scale, the score, the level and the priority."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.models import Matrix, Risk
from risks.scoring import default_levels, priority, rescore, score

ratings = st.one_of(st.none(), st.integers(1, 5))
rows_of_levels = st.lists(
    st.sampled_from(("low", "medium", "high", "critical")), min_size=5, max_size=5
)


@given(likelihood=ratings, impact=ratings)
def test_score_is_the_product_or_not_assessed(likelihood, impact):
    value = score(likelihood, impact)
    assert (value is None) == (likelihood is None or impact is None)
    assert value is None or (value == likelihood * impact and 1 <= value <= 25)


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ((1, 1), "low"),
        ((1, 4), "low"),
        ((1, 5), "medium"),
        ((3, 4), "medium"),
        ((3, 5), "high"),
        ((4, 4), "high"),
        ((4, 5), "critical"),
        ((5, 5), "critical"),
    ],
)
def test_default_bands(cell, level):
    assert Matrix().level(*cell) == level


def test_every_default_level_is_that_of_its_band():
    bands = {"low": (1, 4), "medium": (5, 12), "high": (13, 19), "critical": (20, 25)}
    for likelihood in range(1, 6):
        for impact in range(1, 6):
            lowest, highest = bands[default_levels()[likelihood - 1][impact - 1]]
            assert lowest <= likelihood * impact <= highest


@given(
    levels=st.lists(rows_of_levels, min_size=5, max_size=5),
    rated=st.tuples(*[ratings] * 6),
)
def test_rescore_takes_every_level_from_the_matrix(levels, rated):
    matrix = Matrix(levels=levels)
    risk = Risk()
    kinds = ("inherent", "residual", "target")
    for kind, likelihood, impact in zip(kinds, rated[::2], rated[1::2], strict=True):
        setattr(risk, f"{kind}_likelihood", likelihood)
        setattr(risk, f"{kind}_impact", impact)
    rescore(risk, matrix)
    for kind, likelihood, impact in zip(kinds, rated[::2], rated[1::2], strict=True):
        assert getattr(risk, f"{kind}_score") == score(likelihood, impact)
        known = likelihood is not None and impact is not None
        expected = levels[likelihood - 1][impact - 1] if known else None
        assert getattr(risk, f"{kind}_level") == expected


def _rescored(**ratings):
    risk = Risk(**ratings)
    rescore(risk, Matrix())
    return risk


def test_current_is_residual_where_assessed():
    risk = _rescored(
        inherent_likelihood=5, inherent_impact=5, residual_likelihood=2, residual_impact=3
    )
    assert (risk.current_likelihood, risk.current_impact) == (2, 3)
    assert (risk.current_score, risk.current_level) == (6, "medium")


def test_current_is_inherent_while_residual_is_half_assessed():
    risk = _rescored(inherent_likelihood=5, inherent_impact=5, residual_likelihood=2)
    assert (risk.current_score, risk.current_level) == (25, "critical")
    assert risk.residual_score is None


def test_not_assessed_is_none_not_zero():
    risk = _rescored(inherent_likelihood=5)
    assert (risk.inherent_score, risk.current_score, risk.current_level) == (None, None, None)


@pytest.mark.parametrize(
    ("current", "criticalities", "expected"),
    [
        (10, [], "10.00"),
        (10, ["low"], "8.00"),
        (10, ["medium"], "10.00"),
        (10, ["high"], "12.50"),
        (10, ["critical"], "15.00"),
        (10, ["low", "critical"], "11.50"),
        (1, ["low", "medium", "high"], "1.02"),  # 3.05 / 3
        (25, ["critical"] * 3, "37.50"),
    ],
)
def test_priority_is_the_score_times_the_mean_factor(current, criticalities, expected):
    assert priority(current, criticalities) == Decimal(expected)


def test_no_score_has_no_priority():
    assert priority(None, ["critical"]) is None
