"""Bulk changes of findings: decided about, opened again, attached, made into one risk."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from risks.models import Finding, FindingState, Risk, RiskProposal
from risks.services.bulk_changes import lifecycle
from risks.services.bulk_changes.lifecycle import RisksRefused
from risks.services.findings import update_finding
from risks.services.proposals import propose_risks
from risks.services.risks import update_risk
from risks.tasks import apply_bulk_change, undo_bulk_change
from tests.risks.factories import make_asset, make_finding, make_finding_rule, make_risk

UNTIL = (timezone.now().date() + timedelta(days=30)).isoformat()
RISK = {"title": "Old libraries", "description": "", "likelihood": 4, "impact": 3}


@pytest.fixture
def three(organization):
    assets = [make_asset(organization, name) for name in ("CRM", "ERP", "Mail")]
    return [
        make_finding(organization, f"CVE-{number}", asset=asset)
        for number, asset in enumerate(assets)
    ]


@pytest.fixture
def preview(organization, analyst):
    def make(kind, value=None, comment="Lab only"):
        return lifecycle.preview_change(
            actor=analyst,
            organization=organization,
            kind=kind,
            value=value,
            rows=Finding.objects.for_organization(organization),
            comment=comment,
        )

    return make


@pytest.fixture
def apply(preview, analyst):
    def carry_out(*given, **options):
        change = preview(*given)
        return apply_bulk_change(actor=analyst, change=change, digest=change.digest, **options)

    return carry_out


def states():
    return list(Finding.objects.order_by("rule").values_list("state", flat=True))


@pytest.mark.parametrize(
    ("kind", "value"), [("accept", UNTIL), ("false_positive", UNTIL), ("false_positive", None)]
)
def test_a_decision_is_made_and_undone(three, apply, analyst, kind, value):
    change = apply(kind, value)
    first = Finding.objects.order_by("rule").first()
    assert (first.state in FindingState.decided(), first.decision_reason) == (True, "Lab only")
    assert (first.decided_by, first.decided_at) == (analyst, change.applied_at)
    undo_bulk_change(actor=analyst, change=change)
    assert states() == ["open"] * 3
    assert not Finding.objects.exclude(decided_by=None, decision_reason="").exists()


def test_what_cannot_be_decided_is_refused_or_left_out(three, preview, analyst):
    update_finding(actor=None, instance=three[0], state="resolved")
    change = preview("accept", UNTIL)
    assert change.summary["counts"] == {"changed": 2, "same": 0, "refused": 1}
    assert change.summary["refusals"][0]["references"] == ["CVE-0"]
    with pytest.raises(RisksRefused):
        apply_bulk_change(actor=analyst, change=change, digest=change.digest)
    apply_bulk_change(actor=analyst, change=change, digest=change.digest, leave_out_refused=True)
    assert states() == ["resolved", "accepted", "accepted"]


@pytest.mark.parametrize(
    ("kind", "value", "comment", "field"),
    [
        ("accept", None, "Why", "value"),
        ("accept", "soon", "Why", "value"),
        ("accept", UNTIL, " ", "comment"),
        ("make_risk", {"title": "x"}, "", "value"),
        ("attach_risk", None, "", "value"),
    ],
)
def test_a_change_that_lacks_something_is_refused(three, preview, kind, value, comment, field):
    with pytest.raises(ValidationError) as refusal:
        preview(kind, value, comment)
    assert list(refusal.value.message_dict) == [field]


def test_findings_are_reopened_and_get_their_decision_back_by_the_undo(three, apply, analyst):
    apply("accept", UNTIL)
    change = apply("reopen")
    assert states() == ["open"] * 3
    undo_bulk_change(actor=analyst, change=change)
    assert set(Finding.objects.values_list("state", "decision_reason")) == {
        ("accepted", "Lab only")
    }


def test_one_risk_is_made_of_findings_and_unmade(organization, three, apply, analyst):
    change = apply("make_risk", RISK)
    risk = Risk.objects.get()
    assert (risk.title, risk.inherent_score, risk.findings.count()) == ("Old libraries", 12, 3)
    assert [asset.name for asset in risk.assets.order_by("name")] == ["CRM", "ERP", "Mail"]
    undo_bulk_change(actor=analyst, change=change)
    assert not Risk.objects.exists()
    assert Finding.objects.filter(risk=None).count() == 3


def test_a_risk_that_someone_worked_on_survives_the_undo(three, apply, analyst):
    change = apply("make_risk", RISK)
    update_risk(actor=analyst, instance=Risk.objects.get(), title="Libraries that are old")
    undo_bulk_change(actor=analyst, change=change)
    assert Risk.objects.get().findings.count() == 0


def test_a_proposal_is_confirmed_by_the_risk_and_waits_again(organization, three, apply, analyst):
    make_finding_rule(organization)
    propose_risks(actor=None, organization=organization)
    change = apply("make_risk", RISK)
    assert RiskProposal.objects.filter(status="confirmed", risk=Risk.objects.get()).count() == 1
    undo_bulk_change(actor=analyst, change=change)
    assert RiskProposal.objects.filter(status="proposed", risk=None).count() == 3


def test_findings_of_another_risk_are_not_attached(organization, three, apply, analyst):
    first, second = make_risk(organization, title="One"), make_risk(organization, title="Two")
    update_finding(actor=None, instance=three[0], risk=first)
    with pytest.raises(RisksRefused, match="already"):
        apply("attach_risk", str(second.pk))
    done = apply("attach_risk", str(second.pk), "", leave_out_refused=True)
    assert (first.findings.count(), second.findings.count()) == (1, 2)
    undo_bulk_change(actor=analyst, change=done)
    assert second.findings.count() == 0
