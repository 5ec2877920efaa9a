"""Figures of past days know when a risk was there: from day 1 to 10, and again from day 12."""

from datetime import UTC, datetime

import pytest

from dashboards.figures.movement import compute_movement
from dashboards.figures.scope import FigureScope
from risks.history import recorded
from risks.models import ControlChange, DeletedItem, MitigationChange, Risk, ScoreChange
from risks.services import rows
from risks.services.workspace.deleted_items import restore_item
from tests.risks.factories import (
    make_control,
    make_framework,
    make_mitigation,
    make_risk,
)

pytestmark = pytest.mark.django_db


def day(number, hour=0):
    return datetime(2025, 3, number, hour, tzinfo=UTC)


def noon(number):
    return day(number, 12)


def days_on_which_it_counts(organization):
    rows_of = ScoreChange.objects.for_organization(organization)
    return [number for number in range(1, 20) if rows_of.as_of(noon(number)).exists()]


@pytest.fixture
def restored(organization, monkeypatch):
    """A risk that was registered on day 1, deleted on day 10 and restored on day 12."""
    with recorded(actor=None, at=day(1)):
        risk = make_risk(organization, inherent_likelihood=4, inherent_impact=5)
        make_mitigation(risk)
    with recorded(actor=None, at=day(10)):
        item = rows.delete(actor=None, instance=risk)
    DeletedItem.objects.update(expires_at=datetime(2099, 1, 1, tzinfo=UTC))
    with recorded(actor=None, at=day(12)):
        restore_item(actor=None, item=item)
    return Risk.objects.get()


def test_it_counts_on_the_days_on_which_it_was_there(restored, organization):
    assert days_on_which_it_counts(organization) == [*range(1, 10), *range(12, 20)]


def test_it_came_to_be_when_it_was_first_registered(restored):
    latest = ScoreChange.objects.current().get(risk=restored.pk)
    assert (latest.at, latest.registered_at, latest.status_since) == (day(12), day(1), day(1))


def test_its_mitigation_goes_on_too(restored):
    latest = MitigationChange.objects.current().get()
    assert (latest.at, latest.registered_at) == (day(12), day(1))
    assert MitigationChange.objects.as_of(noon(11)).count() == 0


def test_controls_go_on_too(organization):
    with recorded(actor=None, at=day(1)):
        framework = make_framework(organization)
        make_control(framework)
    with recorded(actor=None, at=day(10)):
        item = rows.delete(actor=None, instance=framework)
    DeletedItem.objects.update(expires_at=datetime(2099, 1, 1, tzinfo=UTC))
    with recorded(actor=None, at=day(12)):
        restore_item(actor=None, item=item)
    counts = [ControlChange.objects.as_of(noon(number)).count() for number in (5, 11, 13)]
    assert counts == [1, 0, 1]


@pytest.mark.parametrize(
    ("as_of", "way"), [(9, None), (11, "left"), (13, None)], ids=["before", "gone", "back"]
)
def test_it_moved_only_while_it_was_gone(restored, organization, as_of, way):
    figure = compute_movement(FigureScope(organization, day(as_of).date()), day(5).date())
    assert [name for name, count in figure["counts"].items() if count] == ([way] if way else [])


def test_deleted_again_it_left_once(restored, organization):
    with recorded(actor=None, at=day(14)):
        rows.delete(actor=None, instance=restored)
    figure = compute_movement(FigureScope(organization, day(16).date()), day(5).date())
    assert figure["counts"]["left"] == 1


def test_restored_within_the_time_it_entered_again(restored, organization):
    figure = compute_movement(FigureScope(organization, day(13).date()), day(11).date())
    assert figure["counts"]["entered"] == 1
