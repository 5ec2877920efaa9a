"""The pages as people use them, through Django's client."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from risks.models import Risk
from risks.services.mitigations import create_action, create_mitigation
from risks.services.risks import create_risk, transition, update_risk

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
    transition(actor=analyst, risk=risk, to="assessed", comment="Workshop in May")
    mitigation = create_mitigation(
        actor=analyst, organization=organization, risk=risk, title="Back up daily"
    )
    create_action(actor=analyst, mitigation=mitigation, title="Buy storage")
    text = text_of(browse(viewer).get("/o/acme/risks/R-0001/"))
    for words in (
        "Critical 20",
        "No approved acceptance",
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
    assert "From here: assessed, closed" in text_of(response)


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
