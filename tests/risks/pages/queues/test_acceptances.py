"""The list of acceptances; the requester corrects or withdraws a request."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.accounts.models import Organization, Role
from risks.models import Acceptance
from risks.services.acceptances import correct_acceptance
from tests.conftest import member
from tests.risks.factories import make_acceptance, make_accepted_risk, make_assessed_risk
from tests.texts import text_of

LIST = "/o/acme/acceptances/"


@pytest.fixture
def requested(organization, analyst):
    return make_acceptance(analyst, make_assessed_risk(organization))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("status=requested", 1),
        ("status=approved", 1),
        ("status__in=expired,revoked,withdrawn", 0),
    ],
)
def test_list_by_state(browse, viewer, analyst, manager, organization, requested, query, count):
    make_accepted_risk(analyst, manager, make_assessed_risk(organization, title="Flood"))
    response = browse(viewer).get(f"{LIST}?{query}")
    assert response.context["listing"].count == count


def test_what_ends_soon_is_marked(browse, viewer, analyst, manager, organization):
    accepted = make_accepted_risk(analyst, manager, make_assessed_risk(organization))
    Acceptance.objects.filter(pk=accepted.pk).update(expires_at=timezone.now() + timedelta(days=3))
    response = browse(viewer).get(LIST)
    soon = next(s for s in response.context["shortcuts"] if s["label"] == "Ending soon")
    assert "ends soon" in text_of(response)
    listing = browse(viewer).get(soon["url"]).context["listing"]
    assert (listing.count, listing.chips[1]["label"]) == (1, "Ends before")


def test_requester_corrects(browse, analyst, requested):
    client = browse(analyst)
    assert (
        f"{LIST}{requested.pk}/"
        in client.get("/o/acme/risks/R-0001/?tab=treatment").content.decode()
    )
    form = client.get(f"{LIST}{requested.pk}/").context["form"]
    fields = {
        "justification": "Sold in May",
        "conditions": "",
        "expires_on": form["expires_on"].value(),
        "version": 1,
        "seen": form.seen,
    }
    assert client.post(f"{LIST}{requested.pk}/", fields).status_code == 302
    assert Acceptance.objects.get().justification == "Sold in May"
    correct_acceptance(actor=analyst, instance=requested, conditions="None")
    stale = client.post(f"{LIST}{requested.pk}/", {**fields, "justification": "Mine", "version": 2})
    assert stale.status_code == 409
    assert "Keep theirs" in text_of(stale)


def test_day_that_is_too_late_is_refused_beside_the_field(browse, analyst, requested):
    fields = {"justification": "x", "expires_on": "2099-01-01", "version": 1}
    response = browse(analyst).post(f"{LIST}{requested.pk}/", fields)
    assert response.status_code == 400
    assert "at most one year ahead" in response.context["form"].errors["expires_on"][0]


def test_requester_withdraws(browse, analyst, requested):
    fields = {"version": 1, "comment": "Fixed instead"}
    response = browse(analyst).post(f"{LIST}{requested.pk}/withdraw/", fields)
    assert response.url == "/o/acme/risks/R-0001/?tab=treatment"
    assert Acceptance.objects.get().status == "withdrawn"


def test_no_one_else_does(browse, manager, requested):
    client = browse(manager)
    assert "Someone else made this request" in text_of(client.get(f"{LIST}{requested.pk}/"))
    client.post(f"{LIST}{requested.pk}/withdraw/", {"version": 1})
    assert Acceptance.objects.get().status == "requested"


def test_foreign_request_is_not_found(browse, analyst):
    other = Organization.objects.create(name="Globex", slug="globex")
    foreign = make_acceptance(member(Role.ANALYST, other), make_assessed_risk(other))
    client = browse(analyst)
    assert client.get(f"{LIST}{foreign.pk}/").status_code == 404
    assert client.post(f"{LIST}{foreign.pk}/withdraw/", {"version": 1}).status_code == 404
