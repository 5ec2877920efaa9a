"""Custom fields in the list of risks, in the form and on the page of a risk."""

import pytest

from risks.custom_fields.services import create_field, retire_field
from risks.models import Risk
from tests.risks.factories import make_risk

pytestmark = pytest.mark.django_db
NAME = "custom_fields__"


@pytest.fixture
def fields(organization, admin):
    definitions = (
        ("Region", "choice", {"options": ["North", "South"]}),
        ("Sites", "choices", {"options": ["Oslo", "Rome"]}),
        ("Loss", "money", {"unit": "EUR"}),
        ("Note", "long_text", {}),
        ("Due", "date", {}),
        ("External", "flag", {}),
        ("Sponsor", "person", {}),
        ("Wiki", "link", {}),
    )
    return {
        field.key: field
        for field in (
            create_field(actor=admin, organization=organization, label=label, kind=kind, **more)
            for label, kind, more in definitions
        )
    }


@pytest.fixture
def risks(organization, fields, analyst):
    north = {"region": "North", "sites": ["Rome"], "loss": 1200, "due": "2027-03-01"}
    return [
        make_risk(organization, title="First", custom_fields=north),
        make_risk(
            organization,
            title="Second",
            custom_fields={"region": "South", "loss": 90.5, "sponsor": str(analyst.pk)},
        ),
        make_risk(organization, title="Third", custom_fields={"external": False, "note": "A pump"}),
    ]


@pytest.fixture
def list_page(browse, viewer, organization, risks):
    client = browse(viewer)

    def get(query):
        response = client.get(f"/o/{organization.slug}/risks/?{query}")
        return response.status_code, response.content.decode()

    return get


def test_every_field_can_be_a_column(list_page, fields):
    columns = ",".join(["title", *(field.name for field in fields.values())])
    status, page = list_page(f"columns={columns}")
    assert status == 200
    for words in ("Sponsor", "Rome", "1,200 EUR", "1 Mar 2027", "analyst@"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "chip", "titles"),
    [
        ("region__in=North,South", "Region", {"First", "Second"}),
        ("region__isnull=true", "Region: empty", {"Third"}),
        ("sites=Rome", "Sites", {"First"}),
        ("loss__gte=100", "Loss from", {"First"}),
        ("note__contains=PUMP", "Note contains", {"Third"}),
        ("due__lte=2027-12-31", "Due up to", {"First"}),
        ("external=false", "External", {"Third"}),
        ("sponsor=me", "Sponsor", set()),
    ],
)
def test_filters_are_chips(list_page, query, chip, titles):
    status, page = list_page(f"{NAME}{query}")
    assert status == 200
    assert chip in page
    assert {title for title in ("First", "Second", "Third") if f">{title}</a>" in page} == titles


def test_me_means_who_asks(browse, analyst, organization, risks):
    page = browse(analyst).get(f"/o/{organization.slug}/risks/?{NAME}sponsor=me")
    assert ">Second</a>" in page.content.decode()


@pytest.mark.parametrize("order", ["loss", "region", "due", "external"])
def test_the_list_is_sorted_by_a_field(list_page, order):
    _, ascending = list_page(f"ordering={NAME}{order}")
    _, descending = list_page(f"ordering=-{NAME}{order}")

    def titles(page):
        return sorted(("First", "Second", "Third"), key=lambda title: page.index(f">{title}</a>"))

    assert titles(ascending) == titles(descending)[::-1]


@pytest.mark.parametrize(
    ("group", "heading"), [("region", "South"), ("external", "No"), ("sponsor", "analyst@")]
)
def test_the_list_is_grouped_by_a_field(list_page, group, heading):
    status, page = list_page(f"group={NAME}{group}")
    assert status == 200
    assert heading in page
    assert page.count('<tr data-risk="') == 3


def test_a_filter_on_no_field_is_said(list_page):
    status, page = list_page(f"{NAME}gone=1")
    assert status == 400
    assert "There is no field" in page


@pytest.mark.parametrize("key", ["region", "sites", "loss", "due", "external", "sponsor", "wiki"])
def test_values_are_offered(browse, viewer, organization, risks, key):
    url = f"/o/{organization.slug}/risks/filters/{NAME}{key}/"
    assert browse(viewer).get(url).status_code == 200


def test_display_and_files_have_the_fields(browse, viewer, organization, risks):
    client = browse(viewer)
    arrange = client.get(f"/o/{organization.slug}/risks/arrange/").content.decode()
    assert f'value="{NAME}note"' in arrange
    url = f"/o/{organization.slug}/risks/export/shown/?columns=title,{NAME}loss,{NAME}due"
    file = b"".join(client.get(url)).decode()
    assert "First,1200,2027-03-01" in file


def test_a_part_is_changed_from_the_list_or_the_risk(browse, analyst, organization, risks, fields):
    client = browse(analyst)
    url = f"/o/{organization.slug}/risks/R-0001/quick/{NAME}region/"
    assert "South" in client.get(url).content.decode()
    data = {f"{NAME}region": "South", "version": "1"}
    saved = client.post(f"{url}?from-risk=yes", data)
    assert saved["Location"].endswith("/risks/R-0001/")
    assert Risk.objects.get(number=1).custom_fields["region"] == "South"
    retire_field(actor=analyst, instance=fields["region"])
    assert client.get(url).status_code == 404


def test_a_risk_is_entered_and_edited_with_its_fields(browse, analyst, organization, fields):
    client = browse(analyst)
    new = f"/o/{organization.slug}/risks/new/"
    values = {
        "region": "North",
        "sites": ["Oslo", "Rome"],
        "loss": "12.50",
        "note": "A note",
        "due": "2027-03-01",
        "external": "false",
        "sponsor": str(analyst.pk),
        "wiki": "https://example.com/",
    }
    data = {NAME + key: value for key, value in values.items()}
    wrong = client.post(new, {"title": "Fire", "status": "identified", **data, f"{NAME}loss": "x"})
    assert wrong.status_code == 400
    client.post(new, {"title": "Fire", "status": "identified", **data})
    risk = Risk.objects.get()
    assert risk.custom_fields == {
        **values,
        "loss": 12.5,
        "external": False,
    }
    page = client.get(f"/o/{organization.slug}/risks/{risk.reference}/").content.decode()
    assert "12.50 EUR" in page
    edit = f"/o/{organization.slug}/risks/{risk.reference}/edit/"
    data = {"title": "Fire", "version": "1", **data, f"{NAME}region": ""}
    assert client.post(edit, data).status_code == 302
    assert "region" not in Risk.objects.get().custom_fields
