"""Why a risk has its score, in sentences."""

import pytest

from risks.models import Category, Matrix, Risk
from risks.pages.risk.explanation import explain_score


def risk_of(**fields):
    rated = {
        "current_likelihood": 3, "current_impact": 4, "current_score": 12,
        "current_level": "medium", "residual_score": 12, "priority": 15,
    }  # fmt: skip
    return Risk(**{**rated, **fields})


def sentences(risk, assets=()):
    return " ".join(explain_score(risk, Matrix(), assets))


def test_score_is_explained_by_its_factors():
    text = sentences(risk_of())
    assert "The score is 12, Medium: likelihood 3 (Possible) × impact 4 (Major)" in text  # noqa: RUF001
    assert "by the residual rating." in text


def test_priority_names_the_assets_that_weigh_it():
    assets = [{"label": "ERP", "note": "critical"}, {"label": "Mail", "note": "medium"}]
    text = sentences(risk_of(), assets)
    assert "The priority is 15: 12 × 1.25" in text  # noqa: RUF001
    assert "ERP (critical, 1.5), Mail (medium, 1)" in text


def test_many_assets_are_counted():
    assets = [{"label": f"A{number}", "note": "medium"} for number in range(6)]
    assert "A3 (medium, 1) and 2 others." in sentences(risk_of(), assets)


@pytest.mark.parametrize(
    ("appetite", "words"),
    [
        (9, "above the appetite of Cyber, 9, by 3."),
        (12, "within the appetite of Cyber, which is 12."),
        (None, "The category Cyber has no appetite set."),
    ],
)
def test_appetite_is_compared(appetite, words):
    category = Category(name="Cyber", appetite=appetite)
    assert words in sentences(risk_of(category=category))


def test_what_is_missing_is_named():
    risk = Risk(inherent_likelihood=3, derived_ratings={"inherent": "score 20"})
    text = sentences(risk)
    assert "There is no score yet: choose the inherent impact." in text
    assert "The inherent rating was derived from the source's score 20." in text
