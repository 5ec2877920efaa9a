"""Custom fields in files: written by exports, read by imports, taken back by an undo."""

import io

import pytest

from risks import exports
from risks.custom_fields.services import create_field
from risks.import_runs import lifecycle
from risks.import_runs.undo import undo_run
from risks.models import Risk
from risks.registers.upload import upload_register
from tests.risks.factories import make_risk

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(organization, admin):
    definitions = (
        ("Business region", "choice", {"options": ["North", "South"]}),
        ("Loss", "money", {"unit": "EUR"}),
        ("External", "flag", {}),
        ("Sponsor", "person", {}),
        ("Site", "text", {"default": "Oslo"}),
    )
    for label, kind, more in definitions:
        create_field(actor=admin, organization=organization, label=label, kind=kind, **more)


def upload(organization, actor, text):
    file = io.BytesIO(text.encode())
    return upload_register(
        actor=actor, organization=organization, file=file, file_name="register.csv"
    )


def test_columns_are_found_by_label_or_key_and_errors_are_per_row(organization, analyst, fields):
    text = (
        "Id,Title,Business Region,loss,External,Sponsor\n"
        f"1,Fire,north,1200,yes,{analyst.email}\n"
        "2,Flood,West,much,,\n"
    )
    run = upload(organization, analyst, text)
    mapping = {column["column"]: column["field"] for column in run.mapping}
    assert mapping["Business Region"] == "custom_fields__business_region"
    assert mapping["loss"] == "custom_fields__loss"
    errors = [error for row in run.rows.all() for error in row.errors]
    assert {error["column"] for error in errors} == {"Business Region", "loss"}
    lifecycle.apply_run(actor=analyst, run=run, skip_errors=True)
    risk = Risk.objects.get()
    assert risk.custom_fields == {
        "business_region": "North",
        "loss": 1200,
        "external": True,
        "sponsor": str(analyst.pk),
        "site": "Oslo",
    }
    undo_run(actor=analyst, run=run)
    assert not Risk.objects.exists()


def test_an_export_is_imported_without_change(organization, analyst, fields):
    values = {"business_region": "South", "loss": 12.5, "external": False}
    make_risk(organization, custom_fields={**values, "sponsor": str(analyst.pk)})
    text = "".join(exports.csv_lines(Risk.objects.order_by("number"), organization))
    assert "custom_fields__loss" in text
    assert analyst.email in text
    run = upload(organization, analyst, text.replace("12.5", "13"))
    assert [row.changes for row in run.rows.all()] == [{"custom_fields__loss": [12.5, 13]}]
    lifecycle.apply_run(actor=analyst, run=run)
    assert Risk.objects.get().custom_fields["loss"] == 13
