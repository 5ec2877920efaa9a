"""The forms to add and to edit a risk."""

import pytest

from risks.models import Risk
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
