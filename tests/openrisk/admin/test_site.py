"""Who enters the admin."""

import pytest
from django.urls import reverse

from marketplace.models import TrustedPublisher
from openrisk.accounts.models import Role
from tests.conftest import member
from tests.risks.admin.forms import url


# --- entering ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "enters"),
    [(Role.VIEWER, False), (Role.ANALYST, False), (Role.MANAGER, True), (Role.ADMIN, True)],
)
def test_managers_and_administrators_enter(client, organization, role, enters):
    client.force_login(member(role, organization))
    response = client.get(reverse("admin:index"), follow=True)
    assert response.status_code == (200 if enters else 403)


def test_superuser_without_membership_enters(client, superuser):
    client.force_login(superuser)
    assert client.get(reverse("admin:index")).status_code == 200


def test_strangers_log_in_where_everybody_does(client, db):
    response = client.get(reverse("admin:risks_risk_changelist"), follow=True)
    assert response.redirect_chain[-1][0] == "/login/?next=/admin/risks/risk/"
    response = client.post("/admin/login/", {"username": "a@example.com", "password": "guess"})
    assert response.status_code == 302


def test_what_nobody_may_do_in_any_organization_is_refused(client, manager):
    client.force_login(manager)
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403
    assert client.get(reverse("admin:risks_risk_changelist")).status_code == 200


def test_publishers_are_trusted_by_superusers_alone(client, admin, superuser):
    place = url(TrustedPublisher, "add")
    client.force_login(admin)
    assert client.get(place).status_code == 403
    client.force_login(superuser)
    client.post(place, {"name": "We", "key": "abc"})
    assert TrustedPublisher.objects.get().name == "We"
