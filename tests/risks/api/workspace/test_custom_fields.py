"""Custom fields of risks through the API."""

import pytest

from risks.custom_fields.services import create_field
from tests.risks.factories import make_risk

pytestmark = pytest.mark.django_db
RISKS = "/api/v1/risks/"


@pytest.fixture
def fields(organization, admin):
    definitions = (
        ("Region", "choice", {"options": ["North", "South"]}),
        ("Sites", "choices", {"options": ["Oslo", "Rome"]}),
        ("Cost", "money", {"unit": "EUR"}),
        ("Note", "text", {}),
        ("Due", "date", {}),
        ("External", "flag", {}),
    )
    for label, kind, more in definitions:
        create_field(actor=admin, organization=organization, label=label, kind=kind, **more)


def test_values_are_read_and_written_by_key(api, analyst, fields):
    client = api(analyst)
    values = {"region": "North", "sites": ["Oslo"], "cost": 12.5, "external": True}
    created = client.post(RISKS, {"title": "Fire", "custom_fields": values}).json()
    assert created["custom_fields"] == values
    changed = client.patch(
        f"{RISKS}{created['id']}/", {"custom_fields": {"region": None}, "version": 1}
    ).json()
    assert changed["custom_fields"] == {"sites": ["Oslo"], "cost": 12.5, "external": True}


def test_a_wrong_value_is_refused(api, analyst, fields):
    body = {"title": "Fire", "custom_fields": {"cost": "much"}}
    response = api(analyst).post(RISKS, body)
    assert response.status_code == 400
    assert "number" in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("region=North", 1),
        ("region__in=North,South", 2),
        ("region__isnull=true", 1),
        ("sites=Rome", 2),
        ("cost=100", 1),
        ("cost__gte=99.5", 1),
        ("cost__lte=99.5", 1),
        ("note__contains=PUMP", 1),
        ("due__gte=2027-01-01", 1),
        ("external=true", 1),
        ("external=false", 1),
        ("external__isnull=false", 2),
        ("cost=1e30", 0),
    ],
)
def test_risks_are_filtered_by_each_kind(api, viewer, organization, fields, query, number):
    make_risk(organization, custom_fields={"region": "North", "sites": ["Oslo", "Rome"]})
    make_risk(
        organization,
        custom_fields={"region": "South", "sites": ["Rome"], "cost": 100, "external": False},
    )
    last = {"cost": 20.25, "note": "A pump", "due": "2027-02-03", "external": True}
    make_risk(organization, custom_fields=last)
    response = api(viewer).get(f"{RISKS}?custom_fields__{query}").json()
    assert len(response["results"]) == number


@pytest.mark.parametrize("query", ["none=1", "cost__contains=1", "cost=much", "external=maybe"])
def test_a_filter_that_cannot_be_used_is_refused(api, viewer, fields, query):
    assert api(viewer).get(f"{RISKS}?custom_fields__{query}").status_code == 400


def test_administrators_define_fields(api, admin, manager):
    body = {"label": "Region", "kind": "choice", "options": ["North"]}
    url = "/api/v1/custom-fields/"
    assert api(manager).post(url, body).status_code == 403
    created = api(admin).post(url, body)
    assert created.status_code == 201
    assert created.json()["key"] == "region"
    retired = api(admin).post(f"{url}{created.json()['id']}/retire/")
    assert retired.json()["retired_at"]
    assert api(manager).get(url).json()["results"][0]["key"] == "region"
