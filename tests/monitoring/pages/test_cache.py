"""The page of the cache, for superusers: it shows the same as the commands."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from deployment.local.servers import free_port
from openrisk.database.triggers import install_triggers
from tests.openrisk.caching import stores
from tests.risks.factories import make_risk

PAGE = "/monitoring/cache/"
RISKS = "/api/v1/risks/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh(settings: Settings) -> Iterator[None]:
    with stores.backend(settings, "memory"):
        yield


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_only_superusers_see_it(client, admin, operator):
    assert client.get(PAGE)["Location"].startswith("/login/?next=")
    client.force_login(admin)
    assert client.get(PAGE).status_code == 403
    assert operator.get(PAGE).status_code == 200
    assert operator.post(PAGE).status_code == 405


def test_only_superusers_find_it(client, admin, operator):
    assert PAGE in operator.get("/admin/").content.decode()
    assert PAGE in operator.get("/monitoring/").content.decode()
    client.force_login(admin)
    assert PAGE not in client.get("/admin/").content.decode()
    assert "/monitoring/" not in client.get("/").content.decode()


def test_page_shows_declarations_and_entries_of_views(operator, api, viewer, organization):
    make_risk(organization)
    api(viewer).get(RISKS)
    response = operator.get(PAGE)
    (row,) = [row for row in response.context["views"] if row["figures"].view == "risks-list"]
    assert (row["figures"].entries, row["figures"].misses >= 1) == (1, True)
    assert "risks-list risks-search risks.risk risks.category" in text_of(response)


def test_page_names_the_last_change_of_a_view(operator, organization):
    before = {change["model"] for change in operator.get(PAGE).context["changes"]}
    assert "risks.risk" not in before
    make_risk(organization)
    dependencies = operator.get(PAGE).context["dependencies"]
    last = {row["names"][0]: row["last"] for row in dependencies}
    assert last["risks-list"]["model"] == "risks.risk"
    assert last["assets-list"] is None


def test_page_explains_a_url_as_the_command_does(operator, api, viewer, organization):
    risk = make_risk(organization)
    api(viewer).get(RISKS)
    question = {"url": RISKS, "user": viewer.email, "organization": "acme"}
    assert operator.get(PAGE, question).context["explanation"].verdict == "HIT"
    risk.delete()
    response = operator.get(PAGE, question)
    assert response.context["explanation"].verdict == "MISS"
    assert "changed since" in text_of(response)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"url": RISKS, "user": "nobody@example.com"}, "There is no user nobody@example.com"),
        ({"url": RISKS, "user": "superuser@example.com", "organization": "none"}, "Known ones"),
        ({"url": "ftp://x/", "user": "superuser@example.com"}, "not a valid URL"),
        ({"url": ""}, "This field is required"),
    ],
)
def test_invalid_question_is_reported_at_the_field(operator, question, said):
    response = operator.get(PAGE, question)
    assert response.context["explanation"] is None
    assert said in text_of(response)


def test_url_is_shown_as_text(operator, superuser):
    question = {"url": "/<script>alert(1)</script>", "user": superuser.email}
    assert "<script>alert" not in operator.get(PAGE, question).content.decode()


def test_unreachable_store_is_reported(operator, settings):
    with stores.backend(settings, "redis", f"redis://127.0.0.1:{free_port()}/0"):
        response = operator.get(PAGE)
    assert response.status_code == 200
    assert "each process computes them for itself" in text_of(response)


def test_missing_trigger_is_reported(operator):
    on_table = " ON risks_asset" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER openrisk_token_risks_asset_delete{on_table}")
    try:
        assert "openrisk_token_risks_asset_delete" in text_of(operator.get(PAGE))
    finally:
        install_triggers(connection)
    assert "openrisk_token" not in text_of(operator.get(PAGE))
