"""A service account never counts as a second pair of eyes, nor as a first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.accounts.members.service_accounts import create_service_account
from openrisk.accounts.models import Role
from risks.models import MitigationStatus
from tests.risks import factories


@pytest.fixture
def program(organization):
    return create_service_account(name="CI", organization=organization, role=Role.MANAGER)


def refused(response):
    assert response.status_code == 409
    assert "service account, not a person" in response.json()["detail"]
    return True


def test_service_account_decides_no_acceptance(api, analyst, program, organization):
    risk = factories.make_risk(organization)
    acceptance = factories.make_acceptance(analyst, risk)
    seen = {"version": acceptance.version, "comment": "ok"}
    for verb, more in (("approve", {"risk_version": risk.version}), ("reject", {})):
        url = f"/api/v1/acceptances/{acceptance.pk}/{verb}/"
        assert refused(api(program).post(url, seen | more))
    acceptance.refresh_from_db()
    assert (acceptance.status, acceptance.approver) == ("requested", None)


def test_service_account_requests_no_acceptance(api, program, organization, manager):
    risk = factories.make_risk(organization)
    body = {
        "risk": str(risk.pk),
        "justification": "x",
        "expires_at": (timezone.now() + timedelta(days=9)).isoformat(),
    }
    assert refused(api(program).post("/api/v1/acceptances/", body))
    assert not risk.acceptances.exists()


@pytest.mark.parametrize("owned", [False, True], ids=["validates", "owns"])
def test_service_account_validates_no_mitigation(api, program, manager, organization, owned):
    mitigation = factories.make_mitigation(
        factories.make_risk(organization), title="Wall", owner=program if owned else None
    )
    type(mitigation).objects.filter(pk=mitigation.pk).update(status=MitigationStatus.REVIEW)
    client = api(manager if owned else program)
    body = {"to": "done", "version": mitigation.version}
    assert refused(client.post(f"/api/v1/mitigations/{mitigation.pk}/transitions/", body))
