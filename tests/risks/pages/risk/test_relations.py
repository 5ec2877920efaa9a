"""The card of related risks."""

import pytest

from risks.models import Risk, RiskRelation
from tests.risks.factories import make_risk

PAGE = "/o/acme/risks/R-0001/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(browse, analyst, risk, organization):
    make_risk(organization, title="Backups fail")
    return browse(analyst)


def add(client, **fields):
    fields = {"kind": "causes", "other": "R-0002", **fields}
    return client.post(f"{PAGE}relations/", fields, follow=True)


def test_a_relation_is_added_and_shown_on_both_pages(client):
    assert "R-0002 Backups fail" in add(client, kind="caused_by").content.decode()
    page = client.get("/o/acme/risks/R-0002/").content.decode()
    assert "R-0001 Ransomware on the file server" in page
    relation = RiskRelation.objects.get()
    assert (relation.risk.reference, relation.kind) == ("R-0002", "causes")


def test_a_refusal_stands_in_the_form(client):
    response = add(client, other="R-0001")
    assert response.status_code == 400
    assert "cannot be related to itself" in response.content.decode()


def test_a_risk_that_is_not_there_is_said(client):
    assert "Check the spelling" in add(client, other="R-0099").content.decode()


def test_a_relation_is_removed(client):
    add(client)
    relation = RiskRelation.objects.get()
    page = client.post(f"{PAGE}relations/{relation.pk}/remove/", follow=True)
    assert "Removed: R-0001 causes R-0002." in page.content.decode()
    assert not RiskRelation.objects.exists()


def test_closing_a_duplicate_is_offered(browse, manager, client):
    assert "Close as a duplicate" not in add(client, kind="duplicates").content.decode()
    page = browse(manager).get(PAGE).content.decode()
    assert "This is marked as a duplicate of R-0002." in page
    assert "Close as a duplicate" in page
    assert Risk.objects.get(number=1).status == "identified"


def test_viewers_only_read(browse, viewer, client):
    add(client)
    reader = browse(viewer)
    assert "R-0002 Backups fail" in reader.get(PAGE).content.decode()
    assert add(reader).status_code == 403
