"""Signs that no one sees are removed on every way to the database."""

import json

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from openrisk.text.cleaning import escape_invisible, remove_invisible
from risks.models import Category, Risk, RiskTag
from risks.services.risks import create_risk
from risks.services.workspace.comments import post_comment
from tests.risks.factories import make_risk

INVISIBLE = ["\u200b", "\ufeff", "\u00ad", "\u202e", "\u2066", "\x07", "\x9f", "\U000e0041"]
NOTHING = ["\u200b", " \ufeff\u200b ", "\u00ad", "\u3164", "\u2800", "\u200d\ufe0f", "\u202e\u202c"]


@pytest.mark.parametrize("sign", INVISIBLE, ids=ascii)
def test_what_is_not_seen_is_removed(sign):
    assert remove_invisible(f"soft{sign}ware") == "software"


@pytest.mark.parametrize(
    "text",
    [
        "a\tb\nc\r\n",
        "می\u200cرود",
        "👩\u200d🚒",
        "❤\ufe0f",
        "שלום\u200f!",
        "क्\u200dष",
        " a\u00a0b ",
    ],
    ids=ascii,
)
def test_what_writing_needs_stays(text):
    assert remove_invisible(text) == text


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
def test_nothing_to_see_is_empty(text):
    assert remove_invisible(text) == ""


@given(st.text())
def test_cleaning_twice_changes_nothing_and_escapes_survive_it(text):
    cleaned = remove_invisible(text)
    assert remove_invisible(cleaned) == cleaned
    document = escape_invisible(json.dumps([text], ensure_ascii=False))
    assert json.loads(remove_invisible(document)) == [text]


# --- Ways to the database ---------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("title", NOTHING, ids=ascii)
def test_an_invisible_title_is_refused_as_missing(api, manager, organization, title):
    response = api(manager).post("/api/v1/risks/", {"title": title})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/title")
    with pytest.raises(ValidationError, match="title"):
        create_risk(actor=manager, organization=organization, title=title)


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["categories", "assets", "frameworks"])
def test_an_invisible_name_is_refused_as_missing(api, manager, url):
    response = api(manager).post(f"/api/v1/{url}/", {"name": "\u200b"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/name")


@pytest.mark.django_db
def test_the_api_keeps_what_can_be_seen(api, manager):
    body = {
        "title": "Fi\u200bre",
        "description": "\ufeffBy\u202enight",
        "tags": ["IT\u200b", "IT"],
        "extra": {"Re\u00admark": "y\u200bes"},
    }
    risk = api(manager).post("/api/v1/risks/", body).json()
    assert (risk["title"], risk["description"]) == ("Fire", "Bynight")
    assert (risk["tags"], risk["extra"]) == (["IT"], {"Remark": "yes"})


@pytest.mark.django_db
def test_no_way_of_writing_goes_past(organization, manager):
    risk = make_risk(organization, title="A\u200bB")
    assert Risk.objects.get().title == "AB"
    Risk.objects.update(title="C\u200bD", description="\u200b")
    assert Risk.objects.values_list("title", "description").get() == ("CD", "")
    Category.objects.bulk_create([Category(organization=organization, name="I\u00adT")])
    assert Category.objects.get().name == "IT"
    RiskTag.objects.create(organization=organization, risk=risk, name="a\ufeff")
    assert RiskTag.objects.filter(name="a\u200b").exists()


@pytest.mark.django_db
def test_an_invisible_comment_is_none(organization, manager):
    with pytest.raises(ValidationError, match="Write a comment first"):
        post_comment(actor=manager, risk=make_risk(organization), text="\u200b")


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/o/acme/risks/new/", "/admin/risks/category/add/"])
def test_forms_say_that_it_is_missing(client, manager, organization, url):
    client.force_login(manager)
    body = {"title": "\u200b", "name": "\u200b", "status": "draft"}
    assert "cannot be blank" in client.post(url, body).content.decode()
