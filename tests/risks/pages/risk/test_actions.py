"""The actions on the page of a risk: transitions, comments, acceptances, deletion."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from risks.models import Acceptance, Risk
from risks.services.acceptances import request_acceptance
from risks.services.mitigations import create_mitigation
from risks.services.risks import take_transition, update_risk
from tests.texts import text_of


def test_transition_by_form_is_recorded_with_its_comment(browse, analyst, risk):
    client = browse(analyst)
    response = client.post(
        "/o/acme/risks/R-0001/transitions/", {"to": "assessed", "version": 1, "comment": "Agreed"}
    )
    assert response.status_code == 302
    assert "Agreed" in text_of(client.get("/o/acme/risks/R-0001/?tab=activity"))


def test_blocked_transition_is_refused_with_its_reason(browse, analyst, risk):
    response = browse(analyst).post(
        "/o/acme/risks/R-0001/transitions/", {"to": "mitigated", "version": 1}
    )
    assert response.status_code == 409
    assert "Allowed: assessed, closed" in text_of(response)


def post(client, path, **fields):
    return client.post(f"/o/acme/risks/R-0001/{path}", fields)


@pytest.fixture
def requested(risk, analyst):
    """An acceptance of the risk, which waits for a decision."""
    take_transition(actor=analyst, risk=risk, to="assessed")
    return request_acceptance(
        actor=analyst,
        risk=risk,
        justification="Cheap",
        expires_at=timezone.now() + timedelta(days=9),
    )


def test_comment_alone_is_saved_and_reported(browse, analyst, risk):
    client = browse(analyst)
    response = post(client, "comments/", comment="Asked the supplier")
    assert response.status_code == 302
    text = text_of(client.get("/o/acme/risks/R-0001/?tab=activity"))
    assert ("Your comment is posted" in text, "Asked the supplier" in text) == (True, True)


def test_closing_asks_first_and_keeps_what_was_typed(browse, manager, risk):
    client = browse(manager)
    wanted = {"to": "closed", "version": 1, "comment": "Sold the server"}
    asked = post(client, "transitions/", **wanted)
    assert "leaves every figure of open risks" in text_of(asked)
    assert Risk.objects.get().status == "identified"
    back = post(client, "transitions/", **wanted, confirmed="no")
    assert "Sold the server</textarea>" in back.content.decode()
    assert Risk.objects.get().status == "identified"
    post(client, "transitions/", **wanted, confirmed="yes")
    assert Risk.objects.get().status == "closed"


def form_of_acceptance(client, acceptance):
    """The hidden fields of the acceptance's form on the page of the risk."""
    page = client.get("/o/acme/risks/R-0001/?tab=treatment").content.decode()
    form = page[page.index(f"/acceptances/{acceptance.pk}/") :].partition("</form>")[0]
    return hidden_fields(form)


def hidden_fields(text):
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text))
    return {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}


@pytest.mark.parametrize("decision", ["approve", "revoke"])
def test_decision_that_is_hard_to_take_back_asks_first(browse, manager, requested, decision):
    client, before = browse(manager), requested.status
    path = f"acceptances/{requested.pk}/"
    asked = post(client, path, decision=decision, **form_of_acceptance(client, requested))
    assert "confirmed" in asked.content.decode()
    requested.refresh_from_db()
    assert requested.status == before
    post(client, path, **hidden_fields(asked.content.decode()), confirmed="yes")
    requested.refresh_from_db()
    assert requested.status == {"approve": "approved", "revoke": "revoked"}[decision]


def test_risk_that_changed_while_the_question_was_open_is_not_accepted(browse, manager, requested):
    client, path = browse(manager), f"acceptances/{requested.pk}/"
    asked = post(client, path, decision="approve", **form_of_acceptance(client, requested))
    update_risk(actor=None, instance=Risk.objects.get(), current_likelihood=5)
    answer = {**hidden_fields(asked.content.decode()), "confirmed": "yes"}
    refused = post(client, path, **answer)
    assert (refused.status_code, "Someone else changed this" in text_of(refused)) == (412, True)
    requested.refresh_from_db()
    assert requested.status == "requested"


def test_acceptance_that_changed_while_the_question_was_open_is_not_approved(
    browse, manager, requested
):
    client, path = browse(manager), f"acceptances/{requested.pk}/"
    asked = post(client, path, decision="approve", **form_of_acceptance(client, requested))
    Acceptance.objects.update(version=requested.version + 1)
    answer = {**hidden_fields(asked.content.decode()), "confirmed": "yes"}
    assert post(client, path, **answer).status_code == 412
    requested.refresh_from_db()
    assert requested.status == "requested"


def test_deleting_asks_first_and_names_what_goes(browse, manager, analyst, risk, organization):
    create_mitigation(actor=analyst, organization=organization, risk=risk, title="Back up daily")
    client = browse(manager)
    assert "/o/acme/risks/R-0001/delete/" in client.get("/o/acme/risks/R-0001/").content.decode()
    assert "1 mitigation." in text_of(client.get("/o/acme/risks/R-0001/delete/"))
    post(client, "delete/", version=1)
    post(client, "delete/", version=7, confirmed="yes")
    post(client, "delete/", version=1, confirmed="no")
    assert Risk.objects.exists()
    post(client, "delete/", version=1, confirmed="yes")
    assert not Risk.objects.exists()


def test_analyst_cannot_delete(browse, analyst, risk):
    client = browse(analyst)
    assert "/delete/" not in client.get("/o/acme/risks/R-0001/").content.decode()
    assert post(client, "delete/", version=1, confirmed="yes").status_code == 403


@pytest.mark.parametrize(
    ("path", "field", "fields"),
    [
        ("review/", "review-comment", {"comment": "MY TEXT", "version": 99}),
        ("transitions/", "transition-assessed-comment", {"to": "assessed", "comment": "MY TEXT"}),
        ("acceptances/", "acceptance-justification", {"justification": "MY TEXT"}),
    ],
)
def test_refusal_shows_what_was_typed_in_its_own_form_alone(
    browse, analyst, risk, path, field, fields
):
    response = post(browse(analyst), path, **fields)
    assert response.status_code in (400, 412)
    html = response.content.decode()
    assert html.count("MY TEXT") == 1
    start = html.rindex("<textarea", 0, html.index("MY TEXT"))
    assert f'id="{field}"' in html[start : html.index("MY TEXT")]
    assert html.count('role="alert"') == 2 - (path == "acceptances/")


def test_refusal_of_a_form_that_is_gone_keeps_the_text(browse, analyst, risk):
    response = post(browse(analyst), "transitions/", to="mitigated", version=1, comment="MY TEXT")
    assert "You wrote: MY TEXT" in text_of(response)


@pytest.mark.parametrize("day", ["2000-01-01", "2999-12-31", "9999-12-31", "0001-01-01", "x"])
def test_date_beyond_the_limit_stands_beside_its_field(browse, analyst, risk, day):
    response = post(browse(analyst), "acceptances/", justification="Cheap", expires_on=day)
    assert response.status_code == 400
    assert response.context["acceptance_form"].errors.keys() == {"expires_on"}


def test_acceptance_form_left_open_over_midnight(browse, analyst, risk, time_machine):
    form = browse(analyst).get("/o/acme/risks/R-0001/?tab=treatment").context["acceptance_form"]
    first = form.fields["expires_on"].widget.attrs["min"]
    time_machine.move_to(timezone.now() + timedelta(days=1))
    response = post(browse(analyst), "acceptances/", justification="Cheap", expires_on=first)
    assert response.status_code == 400
    assert "in the future" in text_of(response)


def test_derived_ratings_are_confirmed_by_a_button(browse, analyst, viewer, risk):
    update_risk(actor=None, instance=risk, derived_ratings={"inherent": "score 20"})
    client = browse(analyst)
    page = text_of(client.get("/o/acme/risks/R-0001/"))
    assert "Inherent: derived from the source's score 20; confirm or change it" in page
    assert post(client, "confirm-ratings/", kind="inherent", version=2).status_code == 302
    page = text_of(client.get("/o/acme/risks/R-0001/"))
    assert ("The inherent rating is confirmed" in page, "confirm or change" in page) == (
        True,
        False,
    )


def test_nothing_is_confirmed_where_nothing_is_derived(browse, analyst, viewer, risk):
    response = post(browse(analyst), "confirm-ratings/", kind="inherent", version=1)
    assert "The inherent rating is not derived" in text_of(response)
    assert post(browse(viewer), "confirm-ratings/", kind="inherent").status_code == 403
