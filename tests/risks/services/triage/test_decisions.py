"""Findings are accepted and called false positives, for a reason and until a day."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.errors import Conflict, StaleVersion
from risks.models import Change, Finding
from risks.services.findings import NO_DECISION, record_findings, update_finding
from risks.services.triage.decisions import decide_finding, end_due_decisions, reopen_finding
from risks.tasks import end_finding_decisions
from tests.risks.factories import make_finding

TODAY = timezone.now().date()


@pytest.fixture
def finding(organization):
    return make_finding(organization)


@pytest.fixture
def accepted(finding, analyst):
    return decide(finding, analyst)


def decide(finding, actor, state="accepted", reason="Not reachable", until=TODAY, **known):
    return decide_finding(
        actor=actor, finding=finding, state=state, reason=reason, until=until, **known
    )


def let_days_pass(monkeypatch, days):
    later = timezone.now() + timedelta(days=days)
    monkeypatch.setattr(timezone, "now", lambda: later)


def test_a_decision_has_reason_person_and_end(accepted, analyst):
    assert (accepted.state, accepted.decision_reason) == ("accepted", "Not reachable")
    assert (accepted.decided_by, accepted.decided_until) == (analyst, TODAY)
    assert Change.objects.filter(object_id=accepted.pk, actor_id=analyst.pk).exists()


@pytest.mark.parametrize(
    ("state", "until", "reason", "field"),
    [
        ("accepted", None, "Why", "until"),
        ("accepted", TODAY - timedelta(days=1), "Why", "until"),
        ("accepted", TODAY + timedelta(days=400), "Why", "until"),
        ("false_positive", TODAY - timedelta(days=1), "Why", "until"),
        ("false_positive", None, " ", "reason"),
    ],
)
def test_a_decision_without_reason_or_end_is_refused(finding, analyst, state, until, reason, field):
    with pytest.raises(ValidationError) as refusal:
        decide(finding, analyst, state, reason, until)
    assert list(refusal.value.message_dict) == [field]


def test_a_false_positive_may_hold_for_good(finding, analyst, monkeypatch):
    decide(finding, analyst, "false_positive", until=None)
    let_days_pass(monkeypatch, 5000)
    assert end_due_decisions() == 0


def test_the_finding_is_open_again_once_the_last_day_is_over(accepted, monkeypatch):
    assert end_finding_decisions.call() == 0
    let_days_pass(monkeypatch, 1)
    assert end_finding_decisions.call() == 1
    after = Finding.objects.get()
    assert (after.state, after.decided_by, after.decision_reason) == ("open", None, "")


def test_a_rescan_keeps_the_decision(accepted, organization, analyst):
    seen = {"rule": accepted.rule, "title": "Other words", "severity": "high"}
    at = timezone.now() + timedelta(hours=1)
    record_findings(
        actor=analyst,
        organization=organization,
        tool="scanner",
        findings=[seen],
        covered_assets=None,
        at=at,
    )
    after = Finding.objects.get()
    assert (after.title, after.state, after.decided_until) == ("Other words", "accepted", TODAY)


def test_a_resolved_finding_cannot_be_decided(finding, analyst):
    resolved = update_finding(actor=analyst, instance=finding, state="resolved")
    with pytest.raises(Conflict, match="resolved"):
        decide(resolved, analyst)
    with pytest.raises(Conflict, match="resolved"):
        reopen_finding(actor=analyst, finding=resolved)


def test_reopening_ends_the_decision(accepted, analyst):
    opened = reopen_finding(actor=analyst, finding=accepted, comment="Reachable now")
    assert opened.state == "open"
    assert all(getattr(opened, name) == value for name, value in NO_DECISION.items())
    with pytest.raises(Conflict, match="open already"):
        reopen_finding(actor=analyst, finding=opened)


def test_a_stale_version_is_refused(accepted, analyst):
    with pytest.raises(StaleVersion):
        decide(accepted, analyst, "false_positive", version=1)


def test_another_state_by_hand_ends_the_decision_and_names_the_person(accepted, manager):
    changed = update_finding(actor=manager, instance=accepted, state="false_positive")
    assert (changed.decided_by, changed.decision_reason) == (manager, "")
    assert update_finding(actor=manager, instance=changed, state="resolved").decided_at is None
