"""The forms to add and to edit a risk."""

from datetime import UTC, date, datetime

import pytest

from risks.models import Risk
from risks.services.risks import update_risk
from tests.risks.factories import make_control, make_framework
from tests.texts import text_of


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"comment": "Looked at it"}, "Your comment is in the history"),
        ({}, "Nothing was changed"),
        ({"title": "Other"}, "Saved"),
    ],
)
def test_editing_says_what_happened(browse, analyst, risk, fields, says):
    client = browse(analyst)
    form = client.get("/o/acme/risks/R-0001/edit/").context["form"]
    offered = {name: value for name in form.fields if (value := form[name].value())}
    response = client.post("/o/acme/risks/R-0001/edit/", {**offered, **fields}, follow=True)
    text = text_of(response)
    assert says in text
    assert fields.get("comment", "") in text


def test_stale_form_loses_nothing_that_was_typed(browse, analyst, risk):
    client = browse(analyst)
    Risk.objects.filter(pk=risk.pk).update(version=2, title="Changed meanwhile")
    body = {"title": "Typed by me", "version": 1, "description": "Long text"}
    response = client.post("/o/acme/risks/R-0001/edit/", body)
    assert response.status_code == 409
    assert "Typed by me" in response.content.decode()
    assert Risk.objects.get().title == "Changed meanwhile"


def test_risk_is_added_by_form(browse, analyst, organization):
    body = {
        "title": "Theft",
        "status": "draft",
        "inherent_likelihood": "2",
        "inherent_impact": "3",
        "tags": "a, b",
    }
    response = browse(analyst).post("/o/acme/risks/new/", body)
    assert response["Location"] == "/o/acme/risks/R-0001/"
    assert Risk.objects.get().inherent_score == 6


def form_values(client, path="/o/acme/risks/R-0001/edit/"):
    form = client.get(path).context["form"]
    return {name: value for name in form.fields if (value := form[name].value()) is not None}


def test_people_controls_and_the_next_review_are_set_by_form(browse, analyst, manager, risk):
    control = make_control(make_framework(risk.organization, "ISO 27001"), title="Backups")
    client = browse(analyst)
    chosen = {
        "assignee": analyst.pk,
        "reviewer": manager.pk,
        "controls": [control.pk],
        "external_id": "RR-7",
        "next_review_at": "2027-03-01",
    }
    client.post("/o/acme/risks/R-0001/edit/", {**form_values(client), **chosen})
    risk.refresh_from_db()
    assert (risk.assignee, risk.reviewer, risk.external_id) == (analyst, manager, "RR-7")
    assert (list(risk.controls.all()), risk.next_review_at.date()) == ([control], date(2027, 3, 1))


def test_saved_form_keeps_the_hour_of_a_review(browse, analyst, risk):
    at = datetime(2027, 3, 1, 17, 30, tzinfo=UTC)
    update_risk(actor=analyst, instance=risk, next_review_at=at)
    client = browse(analyst)
    client.post("/o/acme/risks/R-0001/edit/", {**form_values(client), "title": "Other"})
    risk.refresh_from_db()
    assert (risk.title, risk.next_review_at) == ("Other", at)
