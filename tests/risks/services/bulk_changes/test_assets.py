"""Changing many assets at once: their owner, type and criticality, deletion, and the undo."""

import pytest

from risks.history.reading import changes_of
from risks.models import Asset, Risk
from risks.services.bulk_changes import lifecycle
from risks.services.bulk_changes.subjects import ASSETS
from risks.services.catalogue import update_asset
from risks.tasks import apply_bulk_change, undo_bulk_change
from tests.risks import factories


@pytest.fixture
def two(organization):
    return [factories.make_asset(organization, name=name) for name in ("Mail", "Payroll")]


@pytest.fixture
def change(organization, analyst):
    def make(kind, value, *assets):
        rows, names = lifecycle.find_by_references(
            organization, [str(asset.pk) for asset in assets], ASSETS
        )
        return lifecycle.preview_change(
            actor=analyst,
            organization=organization,
            kind=kind,
            value=value,
            rows=rows,
            references=names,
        )

    return make


def apply(change, analyst):
    return apply_bulk_change(actor=analyst, change=change, digest=change.digest)


def test_the_preview_names_the_assets(two, change):
    planned = change("type", "server", *two)
    assert planned.summary["examples"][0] == {
        "reference": "Mail",
        "title": "",
        "before": "Other",
        "after": "Server",
    }
    assert planned.summary["missing"] == []


def test_criticality_weighs_the_risks_and_an_undo_takes_it_back(organization, two, change, analyst):
    risk = factories.make_assessed_risk(organization, assets=[two[0]])
    before = Risk.objects.get(pk=risk.pk).priority
    applied = apply(change("criticality", "critical", *two), analyst)
    assert Risk.objects.get(pk=risk.pk).priority > before
    undo_bulk_change(actor=analyst, change=applied)
    assert Risk.objects.get(pk=risk.pk).priority == before
    assert changes_of(two[0].pk).first().comment == "Undo of the bulk change: criticality"


def test_deleted_together_and_restored_together(organization, two, change, analyst):
    risk = factories.make_assessed_risk(organization, assets=two)
    applied = apply(change("delete", None, *two), analyst)
    assert not Asset.objects.exists()
    undo_bulk_change(actor=analyst, change=applied)
    assert set(risk.assets.values_list("name", flat=True)) == {"Mail", "Payroll"}


def test_a_preview_is_outdated_by_name(two, change, analyst):
    planned = change("owner", str(analyst.pk), *two)
    update_asset(actor=None, instance=two[1], description="Other")
    with pytest.raises(lifecycle.BulkPreviewOutdated, match=r"Assets have changed.*Payroll"):
        apply(planned, analyst)
