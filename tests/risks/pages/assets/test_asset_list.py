"""The list of assets: filters, columns, files, and bulk changes of what it selects."""

import pytest

from risks.models import Asset, BulkChange
from tests.risks import factories
from tests.texts import text_of

LIST = "/o/acme/assets/"


@pytest.fixture
def assets(organization, analyst):
    mail = factories.make_asset(organization, name="Mail", type="server", criticality="critical")
    payroll = factories.make_asset(organization, name="Payroll", owner=analyst)
    factories.make_assessed_risk(organization, assets=[mail])
    return mail, payroll


def names(page):
    body = page.content.decode()
    return [name for name in ("Mail", "Payroll") if f'break-anywhere">{name}</a>' in body]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Mail", "Payroll"]),
        ("?type=server", ["Mail"]),
        ("?has_risks=false", ["Payroll"]),
        ("?owner__isnull=true", ["Mail"]),
        ("?search=pay", ["Payroll"]),
    ],
)
def test_filters(browse, viewer, assets, query, expected):
    assert names(browse(viewer).get(LIST + query)) == expected


def test_a_filter_that_cannot_be_used_matches_nothing(browse, viewer, assets):
    page = browse(viewer).get(f"{LIST}?type=spaceship&columns=name,colour")
    assert (page.status_code, names(page)) == (400, [])


def test_the_most_critical_come_first(browse, viewer, assets):
    page = browse(viewer).get(f"{LIST}?ordering=-criticality").content.decode()
    assert page.index(">Mail</a>") < page.index(">Payroll</a>")


def test_columns_are_chosen(browse, viewer, assets):
    page = text_of(browse(viewer).get(f"{LIST}?columns=name&columns=external_id"))
    assert "External id" in page.split("Assets, page")[1].split("Mail")[0]


def test_the_file_has_what_is_shown(browse, viewer, assets):
    file = browse(viewer).get(f"{LIST}export/?columns=name,criticality,risks&ordering=-name")
    rows = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert rows == ["Asset,Criticality,Risks", "Payroll,Medium,0", "Mail,Critical,1"]


def test_a_viewer_has_no_bulk_bar(browse, viewer, analyst, assets):
    assert "data-bulk-bar" not in browse(viewer).get(LIST).content.decode()
    assert "data-bulk-bar" in browse(analyst).get(LIST).content.decode()


def test_all_that_match_are_changed_and_the_result_links_them(browse, analyst, assets):
    client = browse(analyst)
    body = {"all": "on", "query": "type=server", "value": "low", "comment": ""}
    preview = client.post(f"{LIST}bulk/?kind=criticality", body)
    assert "Mail" in text_of(client.get(preview["Location"]))
    change = BulkChange.objects.get()
    page = client.post(f"{preview['Location']}apply/", {"digest": change.digest}, follow=True)
    assert "Criticality changed on 1 asset." in text_of(page)
    assert f'href="{LIST}{assets[0].pk}/"' in page.content.decode()
    assert Asset.objects.get(name="Mail").criticality == "low"


def test_a_kind_that_assets_do_not_have_leads_back(browse, analyst, assets):
    answer = browse(analyst).post(f"{LIST}bulk/", {"kind": "treatment", "asset": assets[0].pk})
    assert answer["Location"] == LIST
