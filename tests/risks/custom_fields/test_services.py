"""Definitions of custom fields, and the values of risks."""

import pytest
from django.core.exceptions import ValidationError

from openrisk.errors import Conflict
from risks.custom_fields import services as custom_fields
from risks.custom_fields.services import (
    create_field,
    delete_field,
    order_fields,
    retire_field,
    update_field,
)
from risks.history.custom_values import split_custom_fields
from risks.models import Change, CustomField, DeletedItem, Risk
from risks.services.risks import delete_risk, update_risk
from risks.services.workspace.deleted_items import restore_items
from tests.risks.factories import make_risk

pytestmark = pytest.mark.django_db


@pytest.fixture
def add(organization, admin):
    def add_field(label="Region", kind="text", **fields):
        return create_field(
            actor=admin, organization=organization, label=label, kind=kind, **fields
        )

    return add_field


def test_keys_are_made_from_labels(add):
    assert add("Kosten 2027 (€)").key == "kosten_2027"
    assert add("2nd line").key == "field_2nd_line"
    assert add("2nd-line").key == "field_2nd_line_2"
    with pytest.raises(ValidationError, match="label exists"):
        add("2ND line")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"kind": "choice"}, "options"),
        ({"kind": "choice", "options": ["a, b"]}, "options"),
        ({"kind": "money", "unit": "Euro"}, "unit"),
        ({"kind": "number", "default": "many"}, "default"),
        ({"key": "a__b"}, "key"),
    ],
)
def test_a_definition_that_cannot_work_is_refused(add, fields, name):
    with pytest.raises(ValidationError) as refusal:
        add(**fields)
    assert name in refusal.value.message_dict


def test_there_is_a_limit(add, monkeypatch):
    monkeypatch.setattr(custom_fields, "MOST_FIELDS", 1)
    add()
    with pytest.raises(Conflict, match="already"):
        add("Second")


def test_a_field_with_values_keeps_its_type_and_is_retired(add, organization, admin):
    field = add(kind="choice", options=["North"])
    risk = make_risk(organization, custom_fields={"region": "north"})
    assert risk.custom_fields == {"region": "North"}
    with pytest.raises(ValidationError, match="Add another"):
        update_field(actor=admin, instance=field, kind="text")
    with pytest.raises(Conflict, match="Retire"):
        delete_field(actor=admin, instance=field)
    retire_field(actor=admin, instance=field)
    assert update_risk(
        actor=admin, instance=risk, custom_fields={"region": "North"}
    ).custom_fields == {"region": "North"}
    with pytest.raises(ValidationError, match="retired"):
        make_risk(organization, custom_fields={"region": "North"})


def test_a_deleted_field_can_be_restored(add, admin):
    delete_field(actor=admin, instance=add())
    assert not CustomField.objects.exists()
    restore_items(actor=admin, items=list(DeletedItem.objects.all()))
    assert CustomField.objects.get().key == "region"


def test_fields_are_put_in_order(add, organization, admin):
    first, second = add("First"), add("Second")
    order_fields(actor=admin, organization=organization, keys=["second"])
    assert list(CustomField.objects.values_list("key", flat=True)) == [second.key, first.key]


def test_required_fields_are_asked_of_people_not_of_sources(add, organization):
    add(required=True)
    add("Owner group", default="IT")
    assert make_risk(organization).custom_fields == {"owner_group": "IT"}
    with pytest.raises(ValidationError, match="needs a value"):
        make_risk(organization, custom_fields={})


def test_a_change_gives_some_values_and_history_has_them(add, organization, admin, analyst):
    add()
    add("Reviewer 2", kind="person")
    risk = make_risk(organization, custom_fields={"region": "North"})
    risk = update_risk(
        actor=admin, instance=risk, custom_fields={"reviewer_2": str(analyst.pk), "region": None}
    )
    assert risk.custom_fields == {"reviewer_2": str(analyst.pk)}
    change = Change.objects.filter(object_id=risk.pk).first()
    assert change.changes["custom_fields"] == [
        {"region": "North"},
        {"reviewer_2": str(analyst.pk)},
    ]


def test_a_restored_risk_loses_a_value_whose_field_has_another_type_now(add, organization, admin):
    field = add()
    risk = make_risk(organization, custom_fields={"region": "North"})
    item = delete_risk(actor=admin, instance=risk)
    update_field(actor=admin, instance=field, kind="number")
    notes = restore_items(actor=admin, items=[item]).notes
    assert "Left empty: Region, because its type has changed." in notes
    assert Risk.objects.get().custom_fields == {}


def test_history_has_values_of_a_type_that_the_field_had_before(add, organization, admin):
    field = add()
    risk = make_risk(organization, custom_fields={"region": "North"})
    update_risk(actor=admin, instance=risk, custom_fields={"region": None})
    update_field(actor=admin, instance=field, kind="person")
    rows = list(Change.objects.filter(object_id=risk.pk).values()[:1])
    split_custom_fields(rows)
    assert rows[0]["changes"]["custom_fields__region"] == ["North", ""]


def test_wrong_values_are_refused_by_field(add, organization, admin, outsider):
    add("Day", kind="date")
    add("Person", kind="person")
    risk = make_risk(organization)
    values = {"day": "soon", "person": str(outsider.pk), "none": 1}
    with pytest.raises(ValidationError) as refusal:
        update_risk(actor=admin, instance=risk, custom_fields=values)
    assert set(refusal.value.message_dict) == {
        "custom_fields__day",
        "custom_fields__person",
        "custom_fields",
    }
