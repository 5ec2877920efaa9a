"""Categories and assets, found by their names or created."""

from openrisk.accounts.models import Organization
from risks.models import (
    Asset,
    Category,
    Finding,
    Risk,
)
from tests.risks.factories import (
    make_asset,
    make_category,
)
from tests.risks.import_runs.importers.scans import asset, finding
from tests.risks.import_runs.uploads import ONE, import_register


def test_categories_and_assets_are_found_by_name_or_made(organization: Organization) -> None:
    make_category(organization, "PHYSICAL")
    asset = make_asset(organization, "archive", criticality="critical")
    import_register(organization, ONE + "R2,Flood,4,5,Open,,Physical,archive; Cellar,,\n")

    assert list(Category.objects.values_list("name", flat=True)) == ["PHYSICAL"]
    assert set(Asset.objects.values_list("name", flat=True)) == {"archive", "Cellar"}
    risk = Risk.objects.get(external_id="R1")
    assert list(risk.assets.all()) == [asset]
    assert risk.priority == 30  # 20, weighed by a critical asset


def test_a_renamed_asset_is_still_matched_by_its_former_name(run):
    run(asset(), finding())
    Asset.objects.update(name="The shop")
    again = run(asset(), finding())
    assert Asset.objects.count() == 1
    assert again.counts["findings"]["unchanged"] == 1


def test_an_asset_is_matched_by_its_address_too(run, organization):
    known = Asset.objects.create(organization=organization, name="Shop", addresses=["192.0.2.7"])
    run(asset("192.0.2.7"), finding(asset="192.0.2.7"))
    assert Finding.objects.get().asset == known


def test_two_hosts_at_one_address_stay_two(run, organization):
    """Also if one of them is created before the other is planned."""
    many = [finding(row, asset="a", location=f"package-{row}") for row in range(1, 1200)]
    first, second = asset("a", addresses=["192.0.2.7"]), asset("b", 1200, addresses=["192.0.2.7"])
    run(first, *many, second, finding(1201, asset="b"))
    assert Finding.objects.values("asset").distinct().count() == 2
    run(asset("c", addresses=["192.0.2.7"]), finding(asset="c"))
    assert Asset.objects.count() == 3
