"""A name is one in any case and composition, on every path."""

import pytest
from django.db import IntegrityError

from openrisk.text.names import KEPT_APART, name_key
from risks.models import Asset, Category, Framework, RiskTag
from risks.services import rows
from risks.services.links import set_links
from tests.risks.factories import make_asset, make_risk
from tests.risks.import_runs.uploads import count_changes, import_register

pytestmark = pytest.mark.django_db
SPELLINGS = [
    "gebäude",
    "GEBÄUDE",
    "Geba\u0308ude",
    " Gebäude\u00a0",
    "Ge\u00adbäude",
    "\uff27ebäude",
]


def test_accents_and_letters_keep_names_apart():
    names = ("Bär", "Bar", "Baer", "が", "か", "Straße", "Strase", "C++", "C#")
    assert len({name_key(name) for name in names}) == len(names)
    assert name_key("STRASSE") == name_key("Straße")


@pytest.mark.parametrize("url", ["categories", "assets", "frameworks"])
@pytest.mark.parametrize("spelling", SPELLINGS, ids=ascii)
def test_the_api_names_the_row_that_exists(api, manager, url, spelling):
    client = api(manager)
    assert client.post(f"/api/v1/{url}/", {"name": "Gebäude"}).status_code == 201
    response = client.post(f"/api/v1/{url}/", {"name": spelling})
    error = response.json()["errors"][0]
    assert (response.status_code, error["pointer"]) == (400, "/name")
    assert error["detail"].endswith("already: Gebäude.") or "edition: Gebäude." in error["detail"]


def test_a_framework_has_one_row_for_each_edition(organization, manager):
    for edition in ("2013", "2022"):
        rows.create(
            Framework, actor=manager, organization=organization, name="ISO 27001", edition=edition
        )
    assert Framework.objects.count() == 2


def test_the_database_refuses_what_goes_past_services(organization):
    Category.objects.create(organization=organization, name="IT")
    with pytest.raises(IntegrityError):
        Category.objects.bulk_create([Category(organization=organization, name="it")])


def test_a_row_that_was_kept_apart_can_be_edited_and_renamed(organization, manager):
    make_asset(organization, "Server")
    twin = make_asset(organization, "Other")
    Asset.objects.filter(pk=twin.pk).update(name="SERVER", name_key=f"server{KEPT_APART}2")
    twin.refresh_from_db()
    twin = rows.update(actor=manager, instance=twin, description="The old one")
    assert twin.name_key == f"server{KEPT_APART}2"
    assert rows.update(actor=manager, instance=twin, name="Old server").name_key == "old server"


def test_tags_have_the_spelling_that_is_there(organization, other_organization, api, manager):
    first, second = make_risk(organization), make_risk(organization)
    set_links(first, tags=["Cloud"])
    set_links(make_risk(other_organization), tags=["CLOUD"])
    set_links(second, tags=["cloud", "CLOUD", "New", "new"])
    assert set(second.tags.values_list("name", flat=True)) == {"Cloud", "New"}
    for tag in ("cloud", "CLOUD", "clo\u00adud"):
        assert api(manager).get(f"/api/v1/risks/?tag={tag}").json()["count"] == 2
        assert api(manager).get(f"/api/v1/dashboards/stats/?tag={tag}").status_code == 200


def test_an_import_finds_names_in_any_spelling(organization):
    category = Category.objects.create(organization=organization, name="Gebäude")
    make_asset(organization, "Straße")
    set_links(make_risk(organization), tags=["Cloud"])
    text = (
        "ID,Title,Category,Assets,Tags\n1,A,GEBÄUDE,STRASSE,cloud\n2,B,Geba\u0308ude,straße,CLOUD\n"
    )
    import_register(organization, text)
    assert set(RiskTag.objects.values_list("name", flat=True)) == {"Cloud"}
    assert category.risks.count() == 2
    assert count_changes(import_register(organization, text)) == 0
