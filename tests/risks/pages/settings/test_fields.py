"""The pages of custom fields, and columns of imports that become fields."""

import pytest

from risks.custom_fields.services import create_field
from risks.models import BulkChange, CustomField, DeletedItem, Risk
from risks.tasks import apply_bulk_change, undo_bulk_change
from tests.risks.factories import make_custom_field, make_risk

pytestmark = pytest.mark.django_db
FIELDS = "/o/acme/settings/fields/"


def test_administrators_add_and_edit_a_field(browse, admin, organization):
    client = browse(admin)
    assert "No fields of your own yet" in client.get(FIELDS).content.decode()
    data = {"label": "Loss", "kind": "money", "unit": "Euro", "default": "1,000"}
    assert client.post(f"{FIELDS}new/", data).status_code == 400
    assert client.post(f"{FIELDS}new/", {**data, "unit": "EUR"}).status_code == 302
    field = CustomField.objects.get()
    assert (field.key, field.default) == ("loss", 1000)
    page = client.get(f"{FIELDS}{field.pk}/").content.decode()
    assert "<code>loss</code>" in page
    edited = {"label": "Loss in a year", "kind": "money", "unit": "EUR", "version": "1"}
    assert client.post(f"{FIELDS}{field.pk}/", edited).status_code == 302
    assert client.post(f"{FIELDS}{field.pk}/", edited).status_code == 412
    field.refresh_from_db()
    assert (field.label, field.default) == ("Loss in a year", None)


def test_others_read_the_list(browse, manager, organization):
    field = make_custom_field(organization)
    client = browse(manager)
    page = client.get(FIELDS).content.decode()
    assert "Region" in page
    assert "Administrators change the fields." in page
    for path in ("new/", f"{field.pk}/", "imported/"):
        assert client.get(FIELDS + path).status_code == 403


def test_fields_are_moved_retired_and_deleted(browse, admin, organization):
    first, second = make_custom_field(organization), make_custom_field(organization, "Site")
    client = browse(admin)
    client.post(f"{FIELDS}order/", {"keys": ["region", "site"], "move": "down:region"})
    assert list(CustomField.objects.values_list("key", flat=True)) == ["site", "region"]
    version = {"version": CustomField.objects.get(pk=first.pk).version}
    asked = client.post(f"{FIELDS}{first.pk}/retire/", version)
    assert "Retire “Region”?" in asked.content.decode()
    client.post(f"{FIELDS}{first.pk}/retire/", {**version, "confirmed": "yes"})
    assert CustomField.objects.get(pk=first.pk).is_retired
    version = {"version": CustomField.objects.get(pk=second.pk).version, "confirmed": "yes"}
    client.post(f"{FIELDS}{second.pk}/delete/", version)
    assert DeletedItem.objects.get().label == "Site"


@pytest.fixture
def imported(organization):
    for text in ("1.200,50", "90", "about 5", ""):
        make_risk(organization, extra={"Loss": text, "Colour": "red"} if text else {})


def test_a_column_becomes_a_field_and_that_is_undone(browse, admin, organization, imported):
    client = browse(admin)
    page = client.get(f"{FIELDS}imported/").content.decode()
    assert "Loss" in page
    assert "about 5" in page
    url = f"{FIELDS}imported/field/?column=Loss"
    assert client.get(url).status_code == 200
    answer = client.post(url, {"label": "Loss", "kind": "money", "unit": "EUR"})
    change = BulkChange.objects.get()
    assert answer["Location"].endswith(f"{change.pk}/")
    assert change.summary["counts"] == {"changed": 2, "same": 0, "refused": 1}
    preview = client.get(answer["Location"]).content.decode()
    assert "“about 5” is not a number." in preview
    assert "1,200.50 EUR" in preview
    apply_bulk_change(actor=admin, change=change, digest=change.digest, leave_out_refused=True)
    first, second, third, _last = Risk.objects.order_by("number")
    assert (first.custom_fields, first.extra) == ({"loss": 1200.5}, {"Colour": "red"})
    assert second.custom_fields == {"loss": 90}
    assert third.extra["Loss"] == "about 5"
    undo_bulk_change(actor=admin, change=change)
    first.refresh_from_db()
    assert (first.custom_fields, first.extra["Loss"]) == ({}, "1.200,50")


def test_options_are_taken_from_the_column(browse, admin, imported):
    browse(admin).post(
        f"{FIELDS}imported/field/?column=Colour", {"label": "Colour", "kind": "choice"}
    )
    assert CustomField.objects.get().options == ["red"]


def test_a_field_is_set_on_many_risks(browse, analyst, admin, organization):
    make_custom_field(organization)
    create_field(actor=admin, organization=organization, label="External", kind="flag")
    make_risk(organization, custom_fields={"region": "South"})
    make_risk(organization)
    client = browse(analyst)
    url = "/o/acme/risks/bulk/?kind=custom_field"
    chosen = {"risk": ["R-0001", "R-0002"]}
    assert 'name="key"' in client.post(url, chosen).content.decode()
    second = {"references": "R-0001 R-0002", "key": "region"}
    assert 'name="value"' in client.post(url, second).content.decode()
    answer = client.post(url, {**second, "value": "North", "comment": "Moved"})
    change = BulkChange.objects.get()
    assert answer["Location"].endswith(f"{change.pk}/")
    assert change.value_label == "Region: North"
    page = client.get(answer["Location"]).content.decode()
    assert "South" in page
    apply_bulk_change(actor=analyst, change=change, digest=change.digest)
    assert {risk.custom_fields["region"] for risk in Risk.objects.all()} == {"North"}
    undo_bulk_change(actor=analyst, change=change)
    assert [r.custom_fields for r in Risk.objects.order_by("number")] == [{"region": "South"}, {}]
    flags = client.post(url, {**second, "key": "external", "value": "false", "comment": ""})
    assert flags.status_code == 302
    assert BulkChange.objects.order_by("-created_at").first().value["value"] is False
