"""Bulk changes that set a custom field, and that make one of an imported column."""

import pytest

from risks.custom_fields.services import create_field, update_field
from risks.models import BulkKind, Risk
from risks.services.bulk_changes.lifecycle import preview_change
from risks.tasks import apply_bulk_change, undo_bulk_change
from tests.risks.factories import make_risk

pytestmark = pytest.mark.django_db


@pytest.fixture
def field(organization, admin):
    return create_field(actor=admin, organization=organization, label="Boss", kind="text")


@pytest.fixture
def change_all(organization, admin):
    def change(kind, value):
        previewed = preview_change(
            actor=admin,
            organization=organization,
            kind=kind,
            value=value,
            rows=Risk.objects.for_organization(organization),
        )
        return apply_bulk_change(
            actor=admin, change=previewed, digest=previewed.digest, leave_out_refused=True
        )

    return change


def test_a_former_value_of_another_type_stays_away(organization, admin, field, change_all):
    make_risk(organization, custom_fields={"boss": "Ann"})
    change = change_all(BulkKind.CUSTOM_FIELD, {"key": "boss", "value": None})
    assert Risk.objects.get().custom_fields == {}
    update_field(actor=admin, instance=field, kind="number")
    undo_bulk_change(actor=admin, change=change)
    assert change.rows.get().reason == "The type of the field has changed."
    assert Risk.objects.get().custom_fields == {}


def test_a_column_names_people_by_name(organization, admin, analyst, field, change_all):
    update_field(actor=admin, instance=field, kind="person")
    make_risk(organization, extra={"Lead": f" {analyst.email.upper()} "})
    make_risk(organization, extra={"Lead": "Unknown"})
    change = change_all(BulkKind.EXTRA_COLUMN, {"key": "boss", "column": "Lead"})
    assert [group["count"] for group in change.summary["refusals"]] == [1]
    assert Risk.objects.get(extra={}).custom_fields == {"boss": str(analyst.pk)}
    undo_bulk_change(actor=admin, change=change)
    assert not Risk.objects.exclude(custom_fields={}).exists()
