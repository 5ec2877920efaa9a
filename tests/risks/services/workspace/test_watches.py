"""Watches of risks and mitigations."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from openrisk.accounts.models import Membership
from risks.models import Mitigation, Risk, Watch
from risks.services.workspace.watches import load_watchers, start_watching, stop_watching
from tests.risks.factories import make_mitigation, make_risk


def test_watching_twice_is_watching_once(organization, viewer):
    risk = make_risk(organization)
    assert start_watching(actor=viewer, risk=risk) == start_watching(actor=viewer, risk=risk)
    stop_watching(actor=viewer, risk=risk)
    stop_watching(actor=viewer, risk=risk)
    assert not Watch.objects.exists()


def test_mitigation_is_watched_apart_from_its_risk(organization, viewer, analyst):
    mitigation = make_mitigation(make_risk(organization))
    start_watching(actor=viewer, mitigation=mitigation)
    assert list(Mitigation.objects.watched_by(viewer.pk)) == [mitigation]
    assert not Risk.objects.watched_by(viewer.pk).exists()
    stop_watching(actor=analyst, mitigation=mitigation)
    assert load_watchers(mitigation, viewer).is_watching


def test_strangers_do_not_watch_and_former_members_are_not_counted(organization, outsider, viewer):
    risk = make_risk(organization)
    with pytest.raises(PermissionDenied):
        start_watching(actor=outsider, risk=risk)
    with pytest.raises(ValidationError):
        start_watching(actor=viewer)
    start_watching(actor=viewer, risk=risk)
    Membership.objects.filter(user=viewer).delete()
    assert load_watchers(risk, viewer).count == 0
