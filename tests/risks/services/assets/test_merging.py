"""Merging two assets by a bulk change: what moves, what is chosen, and its undo."""

import pytest
from django.core.exceptions import ValidationError

from openrisk.errors import StaleVersion
from risks.history.reading import changes_of
from risks.models import Asset, AssetDependency, BulkChangeRow, BulkState, Finding, Risk
from risks.services.bulk_changes import lifecycle
from risks.services.catalogue import add_dependency, delete_asset, update_asset
from risks.tasks import apply_bulk_change, undo_bulk_change
from tests.risks import factories


@pytest.fixture
def pair(organization):
    kept = factories.make_asset(organization, name="web-01", hostnames=["web"])
    merged = factories.make_asset(
        organization,
        name="Web 01",
        external_id="CI-7",
        criticality="critical",
        hostnames=["web.example"],
    )
    return kept, merged


@pytest.fixture
def merge(organization, manager):
    def preview(kept, *merged, **fields):
        return lifecycle.preview_change(
            actor=manager,
            organization=organization,
            kind="merge",
            value={"keep": str(kept.pk), "fields": fields},
            rows=Asset.objects.filter(pk__in=[asset.pk for asset in merged]),
        )

    return preview


def apply(change, manager):
    return apply_bulk_change(actor=manager, change=change, digest=change.digest)


def links():
    return set(AssetDependency.objects.values_list("asset__name", "target__name", "kind"))


def register():
    """What a merge may touch, without versions and times."""
    return (
        list(Asset.objects.order_by("pk").values("pk", "name", "external_id", "hostnames")),
        set(Risk.objects.values_list("title", "assets__name", "priority")),
        links(),
        set(Finding.objects.values_list("pk", "asset__name", "fingerprint", "risk")),
    )


def test_all_that_is_linked_moves_and_an_undo_moves_it_back(organization, pair, merge, manager):
    kept, merged = pair
    database = factories.make_asset(organization, name="DB")
    both = factories.make_assessed_risk(organization, title="Both", assets=[kept, merged])
    factories.make_assessed_risk(organization, title="One", assets=[merged])
    add_dependency(actor=None, asset=merged, target=database, kind="runs_on")
    add_dependency(actor=None, asset=kept, target=database)
    add_dependency(actor=None, asset=kept, target=merged)
    moved = factories.make_finding(organization, asset=merged, rule="CVE-1")
    factories.make_finding(organization, asset=merged, rule="CVE-2", risk=both)
    twin = factories.make_finding(organization, asset=kept, rule="CVE-2")
    before = register()

    change = apply(
        merge(kept, merged, external_id="merged", criticality="merged", hostnames="both"), manager
    )
    kept.refresh_from_db()
    assert (kept.external_id, kept.criticality, kept.hostnames) == (
        *("CI-7", "critical"),
        ["web", "web.example"],
    )
    assert set(Risk.objects.filter(assets=kept).values_list("title", flat=True)) == {"Both", "One"}
    assert links() == {("web-01", "DB", "runs_on"), ("web-01", "DB", "depends_on")}
    moved.refresh_from_db()
    twin.refresh_from_db()
    assert (moved.asset, twin.risk_id, Finding.objects.count()) == (kept, both.pk, 2)

    undone = undo_bulk_change(actor=manager, change=change)
    assert (undone.state, BulkChangeRow.objects.get().outcome) == (BulkState.UNDONE, "restored")
    assert register() == before
    assert Finding.objects.get(pk=twin.pk).version == twin.version + 1


def test_both_have_it_in_their_history(pair, merge, manager):
    kept, merged = pair
    apply(merge(kept, merged, external_id="merged"), manager)
    for asset in pair:
        assert changes_of(asset.pk).first().comment == "Bulk change: merge"


def test_different_dependencies_are_said_before(organization, pair, merge):
    kept, merged = pair
    for asset, name in ((kept, "A"), (merged, "B")):
        target = factories.make_asset(organization, name=name)
        add_dependency(actor=None, asset=asset, target=target)
    [sentence] = merge(kept, merged).summary["warnings"]
    assert sentence.startswith("The two have different dependencies.")


def test_what_is_chosen_must_exist_here(pair, merge, other_organization):
    foreign = factories.make_asset(other_organization)
    with pytest.raises(ValidationError, match="Choose the asset that stays"):
        merge(foreign, pair[1])
    with pytest.raises(ValidationError, match="for each field"):
        merge(*pair, organization="merged")


def test_an_asset_is_not_merged_into_itself(pair, merge):
    change = merge(pair[0], pair[0])
    assert change.summary["counts"] == {"changed": 0, "same": 0, "refused": 1}


def test_a_change_of_the_asset_that_stays_is_noticed(pair, merge, manager):
    change = merge(*pair)
    update_asset(actor=None, instance=pair[0], description="New")
    with pytest.raises(StaleVersion, match="Begin the merge again"):
        apply(change, manager)
    assert Asset.objects.count() == 2


def test_a_merge_is_undone_after_the_other_asset_is_gone(organization, pair, merge, manager):
    kept, merged = pair
    risk = factories.make_assessed_risk(organization, assets=[merged])
    change = apply(merge(kept, merged), manager)
    delete_asset(actor=manager, instance=Asset.objects.get(pk=kept.pk))
    undo_bulk_change(actor=manager, change=change)
    assert list(risk.assets.all()) == [merged]
