"""The score of a risk over time."""

from datetime import timedelta

from django.utils import timezone

from risks.models import Matrix
from risks.pages.risk.score_chart import ScoreStep, draw_steps, load_score_chart
from risks.services.risks import update_risk

NOW = timezone.now()


def step(days, score):
    return ScoreStep(NOW - timedelta(days=days), score, score and "low", None, None)


def test_line_has_a_gap_where_there_was_no_score():
    chart = draw_steps([step(10, 4), step(5, None), step(2, 9)], 25, None, NOW)
    assert chart.path.count("M") == 2
    assert [dot["score"] for dot in chart.dots] == [4, 9]


def test_higher_scores_are_drawn_higher():
    chart = draw_steps([step(10, 4), step(5, 20)], 25, 9, NOW)
    low, high = (dot["y"] for dot in chart.dots)
    assert high < chart.appetite < low


def test_risk_without_a_score_has_no_line():
    chart = draw_steps([step(1, None)], 25, None, NOW)
    assert (chart.path, chart.is_shown) == ("", False)


def test_steps_are_the_changes_of_the_score(risk):
    update_risk(actor=None, instance=risk, treatment="avoid")
    update_risk(actor=None, instance=risk, residual_likelihood=1, residual_impact=2)
    chart = load_score_chart(risk, Matrix())
    assert [row.score for row in chart.steps] == [20, 2]
    assert chart.latest_first[0].inherent == 20
