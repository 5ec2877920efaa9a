"""Controls as files, and statuses from a file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from risks.models import BulkChange, Control
from tests.risks.factories import make_control, make_framework
from tests.texts import text_of

EXPORT = "/o/acme/controls/export/"
STATEMENT = "/o/acme/controls/statement/"


def lines_of(response):
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


def upload(client, text, **fields):
    file = SimpleUploadedFile("soa.csv", text.encode())
    return client.post(STATEMENT, {"file": file, **fields}, follow=True)


def test_export_has_status_owner_evidence_and_risks(browse, viewer, covered, bare):
    lines = lines_of(browse(viewer).get(EXPORT))
    assert lines[1].startswith(
        "ISO 27001,A.5,A.5.9,Inventory,Implemented,analyst@acme.example.com,policy.pdf,"
    )
    assert lines[1].endswith(",R-0001")
    assert lines[2] == "ISO 27001,A.5,A.5.10,Acceptable use,Not implemented,,,,"


def test_export_has_what_the_list_shows(browse, viewer, covered, bare):
    lines = lines_of(browse(viewer).get(f"{EXPORT}?evidence=none"))
    assert [line.split(",")[2] for line in lines[1:]] == ["A.5.10"]
    assert browse(viewer).get(f"{EXPORT}?file_format=pdf").status_code == 400


def test_export_is_read_back_as_a_statement(browse, analyst, covered, bare):
    client = browse(analyst)
    text = "\n".join(lines_of(client.get(EXPORT))).replace("Not implemented", "In progress")
    page = upload(client, text)
    assert "Change the status of 1 control to that of the file" in text_of(page)
    assert "Acceptable use Not implemented In progress" in text_of(page)


def test_a_statement_as_people_keep_it(browse, analyst, framework, covered, bare):
    make_control(framework, "A.5.11", title="Return of assets")
    table = "Statement of applicability\nControl;Applicable;Implementation status;Why\n"
    table += (
        "A.5.9;yes;partially implemented;\nA.5.10;no;;no use\nA.5.11;yes;perhaps;\nA.9;yes;yes;"
    )
    client = browse(analyst)
    text = text_of(upload(client, table))
    assert "Change the statuses of 2 controls to those of the file" in text
    assert "A.5.11 “perhaps”" in text
    assert "left out: A.9" in text
    change = BulkChange.objects.get()
    client.post(f"/o/acme/risks/changes/{change.pk}/apply/", {"digest": change.digest})
    statuses = dict(Control.objects.values_list("identifier", "status"))
    assert statuses == {
        "A.5.9": "in_progress",
        "A.5.10": "not_applicable",
        "A.5.11": "not_implemented",
    }


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("Title,Colour\nx,red", "No column with the identifiers of controls"),
        ("Identifier,Status\nZ.1,yes", "No row has a known status"),
        ("", "The submitted file is empty"),
    ],
)
def test_what_cannot_be_read_is_said(browse, analyst, bare, table, reason):
    page = upload(browse(analyst), table)
    assert page.status_code == 400
    assert reason in text_of(page)


def test_an_identifier_of_two_frameworks_needs_one(browse, analyst, organization, bare):
    make_control(make_framework(organization, "NIST"), bare.identifier)
    client = browse(analyst)
    table = f"Identifier,Status\n{bare.identifier},yes"
    assert upload(client, table).status_code == 400
    upload(client, table, framework=str(bare.framework_id))
    assert list(BulkChange.objects.get().value) == [str(bare.pk)]
