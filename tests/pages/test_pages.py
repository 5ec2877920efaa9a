"""The pages as people use them, through Django's client."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from risks.models import Acceptance, Risk
from risks.services.acceptances import request_acceptance
from risks.services.mitigations import create_action, create_mitigation
from risks.services.risks import create_risk, take_transition, update_risk

PASSWORD = "a long enough password"


@pytest.fixture
def browse():
    """`browse(user)` is a client that has logged in by the form."""

    def log_in(user):
        client = Client()
        client.post("/login/", {"email": user.email, "password": PASSWORD})
        return client

    return log_in


@pytest.fixture
def risk(organization, analyst):
    return create_risk(
        actor=analyst,
        organization=organization,
        title="Ransomware on the file server",
        inherent_likelihood=4,
        inherent_impact=5,
        tags=["backup"],
        extra={"Cost centre": "4711"},
    )


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_pages_need_a_login_and_lead_back(client, db):
    response = client.get("/o/acme/risks/?status=draft")
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=%2Fo%2Facme%2Frisks%2F%3Fstatus%3Ddraft"


def test_login_does_not_lead_to_another_site(client, analyst):
    response = client.post(
        "/login/?next=https://evil.example/",
        {"email": analyst.email, "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert response.status_code == 302
    assert response["Location"] == "/"


def test_wrong_password_is_said_in_words(client, analyst):
    response = client.post("/login/", {"email": analyst.email, "password": "wrong"})
    assert "do not match" in text_of(response)
    assert "_auth_user_id" not in client.session


def test_logging_out_needs_a_post(browse, analyst):
    client = browse(analyst)
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/o/acme/").status_code == 302


def test_empty_register_says_what_to_do(browse, analyst):
    response = browse(analyst).get("/o/acme/")
    assert "Nothing here yet" in text_of(response)
    assert 'href="/o/acme/risks/new/"' in response.content.decode()


def test_every_figure_on_the_front_page_equals_the_list_it_opens(browse, organization, analyst):
    for likelihood, impact, status in (
        (4, 5, None),
        (4, 5, None),
        (1, 2, None),
        (None, None, None),
        (3, 3, "draft"),
    ):
        create_risk(
            actor=analyst,
            organization=organization,
            title=f"Risk {likelihood} {impact}",
            inherent_likelihood=likelihood,
            inherent_impact=impact,
            **({"status": status} if status else {}),
        )
    client = browse(analyst)
    page = client.get("/o/acme/").content.decode()
    figures = re.findall(
        r'href="(/o/acme/risks/\?[^"]+)"[^>]*>\s*<span class="count">(\d+)</span>', page
    )
    assert len(figures) == 7 + 25
    for url, count in figures:
        listed = re.search(r"(\d+) risks?", text_of(client.get(url.replace("&amp;", "&"))))
        assert listed[1] == count, url


def test_list_filters_and_keeps_the_filter_in_the_page(browse, viewer, risk, organization):
    create_risk(actor=None, organization=organization, title="Fire")
    response = browse(viewer).get("/o/acme/risks/?current_level=critical&ordering=-title")
    assert "Ransomware" in text_of(response)
    assert "Fire" not in text_of(response)


@pytest.mark.parametrize(
    "query", ["current_level=red", "status=x", "ordering=colour", "page=99", "page=x", "category=1"]
)
def test_nonsense_in_the_address_is_said_and_never_fails(browse, viewer, risk, query):
    response = browse(viewer).get(f"/o/acme/risks/?{query}")
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


def test_htmx_gets_the_table_alone(browse, viewer, risk):
    response = browse(viewer).get(
        "/o/acme/risks/?search=ransom", headers={"hx-request": "true", "hx-target": "register"}
    )
    assert b"<html" not in response.content
    assert response["HX-Push-Url"] == "/o/acme/risks/?search=ransom"


def test_list_is_exported_as_it_is_filtered(browse, viewer, risk, organization, analyst):
    create_risk(actor=analyst, organization=organization, title="Fire in the archive")
    client = browse(viewer)
    page = client.get(
        "/o/acme/risks/?search=ransomware&open=true&ordering=title&page=1"
    ).content.decode()
    links = re.findall(r'href="(/o/acme/risks/export/[^"]+)"', page)
    assert len(links) == 2
    csv, xlsx = (client.get(link.replace("&amp;", "&")) for link in links)
    text = b"".join(csv.streaming_content).decode()
    assert ("Ransomware" in text, "Fire" in text) == (True, False)
    assert b"".join(xlsx.streaming_content).startswith(b"PK")
    assert "/export/" not in client.get("/o/acme/risks/?search=nowhere").content.decode()


def test_manager_of_an_empty_register_finds_the_upload(browse, manager, analyst):
    upload = "/admin/risks/importrun/add/"
    assert upload in browse(manager).get("/o/acme/").content.decode()
    assert upload not in browse(analyst).get("/o/acme/").content.decode()


def test_risk_page_tells_scores_states_and_reasons(browse, viewer, risk, analyst, organization):
    take_transition(actor=analyst, risk=risk, to="assessed", comment="Workshop in May")
    mitigation = create_mitigation(
        actor=analyst, organization=organization, risk=risk, title="Back up daily"
    )
    create_action(actor=analyst, mitigation=mitigation, title="Buy storage")
    text = text_of(browse(viewer).get("/o/acme/risks/R-0001/"))
    for words in (
        "Critical 20",
        "Needs an approved acceptance",
        "Back up daily",
        "Workshop in May",
        "4711",
    ):
        assert words in text


def test_viewer_sees_no_buttons_and_cannot_post(browse, viewer, risk):
    client = browse(viewer)
    assert b'name="to"' not in client.get("/o/acme/risks/R-0001/").content
    assert client.post("/o/acme/risks/R-0001/transitions/", {"to": "assessed"}).status_code == 403


def test_transition_by_form_is_recorded_with_its_comment(browse, analyst, risk):
    client = browse(analyst)
    response = client.post(
        "/o/acme/risks/R-0001/transitions/", {"to": "assessed", "version": 1, "comment": "Agreed"}
    )
    assert response.status_code == 302
    assert "Agreed" in text_of(client.get("/o/acme/risks/R-0001/"))


def test_shut_transition_is_refused_with_its_reason(browse, analyst, risk):
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


def test_comment_alone_is_kept_and_said(browse, analyst, risk):
    client = browse(analyst)
    response = post(client, "comments/", comment="Asked the supplier")
    assert response.status_code == 302
    text = text_of(client.get("/o/acme/risks/R-0001/"))
    assert ("Your comment is in the history" in text, "Asked the supplier" in text) == (True, True)


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
    page = client.get("/o/acme/risks/R-0001/").content.decode()
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
    form = browse(analyst).get("/o/acme/risks/R-0001/").context["acceptance_form"]
    first = form.fields["expires_on"].widget.attrs["min"]
    time_machine.move_to(timezone.now() + timedelta(days=1))
    response = post(browse(analyst), "acceptances/", justification="Cheap", expires_on=first)
    assert response.status_code == 400
    assert "in the future" in text_of(response)


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


def test_what_people_write_is_never_markup(browse, viewer, organization):
    create_risk(
        actor=None,
        organization=organization,
        title="<script>alert(1)</script>",
        description="</p><img src=x onerror=alert(1)>",
        extra={"<b>": "<i>"},
    )
    client = browse(viewer)
    for url in ("/o/acme/risks/", "/o/acme/risks/R-0001/"):
        content = client.get(url).content
        assert b"<script>alert" not in content
        assert b"<img src=x" not in content


def test_risks_of_others_do_not_exist(browse, outsider, risk):
    client = browse(outsider)
    assert client.get("/o/acme/risks/R-0001/").status_code == 404
    assert "Ransomware" not in text_of(client.get("/o/acme/risks/"))


def test_person_without_organization_is_told_what_to_do(browse, analyst):
    client = browse(analyst)
    analyst.memberships.all().delete()
    assert "Ask an administrator" in text_of(client.get("/"))
    response = client.get("/o/acme/")
    assert (response.status_code, "not a member" in text_of(response)) == (404, True)


def test_pages_allow_no_foreign_script(browse, viewer, risk):
    response = browse(viewer).get("/o/acme/risks/R-0001/")
    assert "script-src 'self';" in response["Content-Security-Policy"]
    assert b"style=" not in response.content


# --- What is kept -----------------------------------------------------------------------------
def _asked_of_risks(client, path):
    """The answer, and how many statements about risks it took."""
    with CaptureQueriesContext(connection) as asked:
        response = client.get(path)
    return response, sum("risks_risk" in one["sql"] for one in asked.captured_queries)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/o/acme/risks/?ordering=title", "/o/acme/"])
def test_page_is_made_once_until_a_risk_changes(browse, analyst, risk, path):
    client = browse(analyst)
    made = _asked_of_risks(client, path)[1]
    response, again = _asked_of_risks(client, path)
    assert (made > 0, again) == (True, 0)
    assert risk.title in response.content.decode()
    update_risk(actor=analyst, instance=risk, title="Fire in the server room")
    assert "Fire in the server room" in client.get(path).content.decode()


@pytest.mark.django_db(transaction=True)
def test_kept_list_offers_each_role_its_own(browse, analyst, viewer, risk):
    assert "Add a risk" in text_of(browse(analyst).get("/o/acme/risks/"))
    assert "Add a risk" not in text_of(browse(viewer).get("/o/acme/risks/"))


@pytest.mark.django_db(transaction=True)
def test_kept_list_with_problems_is_a_400_each_time(browse, analyst):
    client = browse(analyst)
    assert [client.get("/o/acme/risks/?nonsense=1").status_code for _ in range(2)] == [400, 400]
