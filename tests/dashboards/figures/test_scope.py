"""Figures of a past day."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from dashboards.figures.movement import compute_movement
from dashboards.figures.scope import FigureScope
from dashboards.figures.stats import compute_stats
from dashboards.figures.timeline import compute_timeline
from risks.history import recorded
from risks.models import Risk
from risks.services.risks import delete_risk, update_risk
from tests.risks.factories import make_category, make_risk

TODAY = timezone.now().date()


def day(ago):
    return TODAY - timedelta(days=ago)


def at(ago, hour=12):
    return recorded(
        actor=None,
        comment=f"{ago} days ago",
        at=datetime.combine(day(ago), datetime.min.time(), UTC).replace(hour=hour),
    )


@pytest.fixture
def story(organization):
    """A risk that came 40 days ago as high, fell to low 20 days ago, and one that came 30 days ago
    and was deleted 10 days ago."""
    category = make_category(organization)
    with at(40):
        risk = make_risk(organization, inherent_likelihood=3, inherent_impact=5, category=category)
    with at(30):
        other = make_risk(organization, inherent_likelihood=5, inherent_impact=5)
    with at(20):
        update_risk(actor=None, instance=risk, residual_likelihood=1, residual_impact=2)
    with at(10):
        delete_risk(actor=None, instance=other)
    return risk


def levels(organization, ago, **filters):
    figures = compute_stats(FigureScope(organization, as_of=day(ago), **filters), "7d")
    return {level: count for level, count in figures["by_level"].items() if count}


def test_levels_of_a_past_day(story, organization):
    assert levels(organization, 35) == {"high": 1}
    assert levels(organization, 25) == {"high": 1, "critical": 1}
    assert levels(organization, 15) == {"low": 1, "critical": 1}
    assert levels(organization, 0) == {"low": 1}


def test_category_of_a_past_day(story, organization):
    before, after = story.category, make_category(organization, name="Another")
    with at(5):
        update_risk(actor=None, instance=Risk.objects.get(), category=after)
    assert levels(organization, 15, category=before.pk) == {"low": 1}
    assert levels(organization, 3, category=after.pk) == {"low": 1}
    assert compute_stats(FigureScope(organization, category=before.pk), "7d")["measured"] is False


def test_a_day_ends_at_midnight(story, organization):
    with at(8, hour=23):
        update_risk(actor=None, instance=Risk.objects.get(), residual_likelihood=5)
    assert levels(organization, 9) == {"low": 1}
    assert levels(organization, 8) == {"medium": 1}


def test_change_against_the_period_before(story, organization):
    figures = compute_stats(FigureScope(organization, as_of=day(15)), "7d")
    assert (figures["open"], figures["exposure"]) == (2, 27)
    assert (figures["change"]["open"], figures["change"]["exposure"]) == (0, -13)
    first = compute_stats(FigureScope(organization, as_of=day(38)), "7d")
    assert (first["new"], first["change"]["open"]) == (1, None)


def test_timeline_fills_gaps_and_leaves_out_deleted_risks(story, organization):
    days = {row["date"]: row for row in compute_timeline(FigureScope(organization), 60)["days"]}
    assert len(days) == 60
    assert days[day(50)]["exposure"] == 0
    assert (days[day(25)]["high"], days[day(25)]["exposure"]) == (1, 40)
    assert (days[day(0)]["critical"], days[day(0)]["exposure"]) == (0, 2)


def test_movement_has_risks_and_reasons(story, organization):
    moved = compute_movement(FigureScope(organization, as_of=day(5)), day(25))
    assert moved["counts"] == {"entered": 0, "left": 1, "up": 0, "down": 1}
    [down], [left] = moved["down"], moved["left"]
    assert (down["level_before"], down["level_after"]) == ("high", "low")
    assert down["reasons"][0]["comment"] == "20 days ago"
    assert (left["title"], left["status_after"]) == (None, None)
    assert left["reasons"][0]["comment"] == "10 days ago"


def test_risk_that_came_and_left_between_did_not_move(story, organization):
    moved = compute_movement(FigureScope(organization), day(35))
    assert moved["counts"] == {"entered": 0, "left": 0, "up": 0, "down": 1}
