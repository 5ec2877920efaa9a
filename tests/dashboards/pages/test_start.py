"""The overview of an empty organization, and sample data by a click."""

import pytest

from dashboards.models import ChecklistDismissal
from risks.models import Risk
from tests.risks.factories import make_risk

HOME = "/o/acme/"
FILL, REMOVE = f"{HOME}start/sample/fill/", f"{HOME}start/sample/remove/"


def page(client):
    return client.get(HOME).content.decode()


def test_an_empty_organization_shows_what_to_do(browse, admin, organization):
    text = page(browse(admin))
    for words in ("Import your register", "starter library", "Invite people", "sample data"):
        assert words in text
    assert "/o/acme/risks/new/" in text


def test_viewers_read_whom_to_ask(browse, viewer, manager, organization):
    text = page(browse(viewer))
    assert f"Ask {manager}" in text
    assert 'class="button small"' not in text
    assert FILL not in text


def test_sample_data_is_filled_in_and_removed(browse, manager, organization):
    client = browse(manager)
    client.post(FILL)
    client.post(FILL)
    assert Risk.objects.count() == 22
    assert "Remove sample data" in page(client)
    assert "Remove the sample data?" in client.post(REMOVE).content.decode()
    assert Risk.objects.count() == 22
    client.post(REMOVE, {"confirmed": "no"})
    assert Risk.objects.count() == 22
    response = client.post(REMOVE, {"confirmed": "yes"}, follow=True)
    assert "Sample data removed" in response.content.decode()
    assert not Risk.objects.exists()


def test_a_register_in_use_is_not_filled(browse, manager, organization):
    make_risk(organization)
    client = browse(manager)
    assert "Fill with sample data" not in page(client)
    assert "empty register" in client.post(FILL, follow=True).content.decode()
    assert Risk.objects.count() == 1


def test_the_checklist_stands_above_the_overview_until_dismissed(browse, manager, organization):
    make_risk(organization)
    client = browse(manager)
    assert "Getting started" in page(client)
    client.post(f"{HOME}start/dismiss/")
    assert ChecklistDismissal.objects.exists()
    assert "Getting started" not in page(client)


@pytest.mark.parametrize("path", [FILL, REMOVE, f"{HOME}start/dismiss/"])
def test_these_are_for_managers(browse, analyst, organization, path):
    assert browse(analyst).post(path).status_code == 403
