"""Pages of imports: upload, choose, preview, apply, undo."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from openrisk.accounts.models import Role
from risks.import_runs.lifecycle import apply_run
from risks.models import ImportRun, Risk
from risks.pages.imports.texts import without_arguments
from risks.services.risks import update_risk
from risks.tasks import carry_out_import, end_abandoned_imports
from tests.conftest import member
from tests.risks.import_runs.uploads import preview_register

FILE = "ID,Title,Likelihood,Impact\nA1,Flood,4,5\nA2,Fire,High,banana\n"
STRANGE = "Nr,Xyz\n1,The server burns\n2,The cellar floods\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def upload(client, analyst):
    client.force_login(analyst)

    def send(content=FILE, name="sites.csv"):
        data = content.encode() if isinstance(content, str) else content
        return client.post("/o/acme/imports/new/", {"file": SimpleUploadedFile(name, data)})

    return send


def read(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def choose(client, run, **changes):
    """Send the page's form with these selects changed, as a browser does."""
    page = client.get(f"/o/acme/imports/{run.pk}/?tab=columns")
    data = {"shown": page.context["shown"], **page.context["form"].initial}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    response = client.post(f"/o/acme/imports/{run.pk}/reading/", {**data, **changes})
    run.refresh_from_db()
    return response


def test_a_register_goes_from_upload_to_the_register(client, upload):
    address = upload()["Location"]
    run = ImportRun.objects.get()
    assert "Not recognized: choose" in read(client, address)
    choose(client, run, **{"text-3-0": "5"})
    assert run.options["words"] == {"Impact": {"banana": 5}}
    assert "Import 2 risks" in read(client, address)
    client.post(f"{address}apply/", {"revision": run.revision})
    assert "2 risks imported from sites.csv." in read(client, address)
    assert "What the import created" not in read(client, "/o/acme/imports/")
    assert "Rows that the import created" in client.post(f"{address}undo/").content.decode()
    client.post(f"{address}undo/", {"confirmed": "yes"})
    assert not Risk.objects.exists()


def test_a_column_takes_the_field_of_another_or_is_left_out(client, upload):
    upload("ID,Title,Note,Price\nA1,Flood,Wet,9\n")
    run = ImportRun.objects.get()
    choose(client, run, **{"field-2": "title", "field-3": "leave_out"})
    assert run.options["mapping"] == {"Note": "title", "Price": "leave_out"}
    assert [(c["field"], c["how"]) for c in run.mapping[1:]] == [
        (None, "extra"),
        ("title", "chosen"),
        (None, "ignored"),
    ]
    choose(client, run, **{"field-1": "title"})
    assert run.options["mapping"] == {"Title": "title", "Price": "leave_out"}
    choose(client, run, recognize="yes")
    assert run.options["mapping"] == {}


@pytest.mark.parametrize("shown", ["", "[]", "[" * 100_000], ids=["none", "list", "deep"])
def test_page_with_other_contents_than_it_showed_is_refused(client, upload, shown):
    upload("ID,Title\nA1,Flood\n")
    run = ImportRun.objects.get()
    response = client.post(f"/o/acme/imports/{run.pk}/reading/", {"shown": shown})
    assert response.status_code == 400
    assert "The page is incomplete." in response.content.decode()


def test_choices_of_two_people_do_not_undo_each_other(client, upload):
    upload("ID,Title,Note,Price\nA1,Flood,Wet,9\n")
    run = ImportRun.objects.get()
    old = client.get(f"/o/acme/imports/{run.pk}/").context["shown"]
    choose(client, run, **{"field-2": "description"})
    data = {"shown": old, "field-2": json.loads(old)["fields"][2][1], "field-3": "leave_out"}
    client.post(f"/o/acme/imports/{run.pk}/reading/", data)
    run.refresh_from_db()
    assert run.options["mapping"] == {"Note": "description", "Price": "leave_out"}


def test_a_file_that_was_not_understood_waits_for_help(client, upload):
    address = upload(STRANGE)["Location"]
    run = ImportRun.objects.get()
    page = read(client, address)
    assert "Needs your help" in page
    assert "The server burns" in page
    choose(client, run, **{"field-1": "title"})
    assert (run.problem, run.counts["risks"]["create"]) == ("", 2)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        ("", "empty.csv", "The file is empty"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "locked.xlsx", "protected by a password"),
        (b"%PDF-1.7", "register.csv", "a PDF document"),
        ("ID,Title\n1,x\n", "register.xlsx", "is not an XLSX workbook"),
        (b"PK\x03\x04nonsense", "register.csv", "damaged"),
    ],
)
def test_what_is_no_register_is_refused_beside_the_field(upload, content, name, reason):
    response = upload(content, name)
    assert (response.status_code, ImportRun.objects.count()) == (400, 0)
    assert reason in response.content.decode()


def test_rows_are_filtered_and_say_why(client, upload):
    address = upload()["Location"]
    errors = read(client, f"{address}?rows=errors")
    assert "This word is not known as an impact" in errors
    assert "Flood" not in errors
    assert "banana" in errors
    assert "Flood" in read(client, f"{address}?rows=new")


def test_pages_take_few_queries(client, upload, django_assert_max_num_queries):
    address = upload()["Location"]
    for page in ("/o/acme/imports/", address, f"{address}?tab=preview"):
        read(client, page)
        with django_assert_max_num_queries(12):
            read(client, page)


def test_an_outdated_preview_is_said_and_planned_again(client, upload, organization):
    address = upload("ID,Title\nA1,Flood\n")["Location"]
    run = ImportRun.objects.get()
    apply_run(actor=None, run=preview_register(organization, "ID,Title\nA1,Flood\n", "sites.csv"))
    refused = client.post(f"{address}apply/", {"revision": run.revision})
    assert refused.status_code == 409
    assert "The register has changed since the preview" in refused.content.decode()
    client.post(f"{address}preview/")
    run.refresh_from_db()
    assert run.counts["risks"]["unchanged"] == 1
    stale = client.post(f"{address}apply/", {"revision": run.revision - 1})
    assert stale.status_code == 412


def test_an_undo_says_what_was_edited_since(client, upload):
    address = upload("ID,Title\nA1,Flood\n")["Location"]
    client.post(f"{address}apply/", {"revision": 1})
    update_risk(actor=None, instance=Risk.objects.get(), title="Deluge")
    refused = client.post(f"{address}undo/", {"confirmed": "yes"})
    assert "title is &#x27;Deluge&#x27;" in refused.content.decode()
    assert Risk.objects.count() == 1


def test_a_question_is_answered_first(client, upload):
    client.post(
        f"{upload(name='r-2026-10.csv')['Location']}apply/", {"revision": 1, "skip_errors": "yes"}
    )
    address = upload(name="r-2026-11.csv")["Location"]
    assert "It continues r-2026-10" in read(client, address)
    client.post(f"{address}answer/", {"answer": "0"})
    assert "It continues" not in read(client, address)


def test_who_may_see_and_who_may_act(client, upload, viewer, outsider, organization):
    address = upload("ID,Title,Status\nA1,Flood,Closed\n")["Location"]
    assert "a manager decides" in read(client, address)
    assert client.post(f"{address}apply/", {"revision": 1}).status_code == 403
    client.force_login(viewer)
    assert "Analysts and managers import" in read(client, address)
    assert client.post(f"{address}preview/").status_code == 403
    assert client.get("/o/acme/imports/new/").status_code == 403
    client.force_login(member(Role.ANALYST, organization, "other"))
    assert client.post(f"{address}reading/", {}).status_code == 403
    client.force_login(outsider)
    assert client.get(address).status_code == 404
    assert client.get(address.replace("acme", "globex")).status_code == 404


def test_a_large_file_is_read_and_imported_by_a_worker(client, upload, analyst, monkeypatch):
    monkeypatch.setattr("risks.tasks.READ_AT_ONCE", 10)
    monkeypatch.setattr("risks.tasks.ROWS_AT_ONCE", 0)
    address = upload("ID,Title\nA1,Flood\n")["Location"]
    run = ImportRun.objects.get()
    assert "The file is being read" in read(client, address)
    assert "in progress" in client.post(f"{address}preview/", follow=True).content.decode()
    work(run, "reading", analyst)
    client.post(f"{address}apply/", {"revision": run.revision})
    assert "The risks are being imported" in read(client, address)
    work(run, "applying", analyst, {"revision": run.revision})
    assert (run.task, run.status, Risk.objects.count()) == ("", "applied", 1)


def test_a_task_that_fails_says_why(client, upload, analyst):
    address = upload()["Location"]
    run = ImportRun.objects.get()
    ImportRun.objects.update(task="applying", task_started_at=timezone.now())
    work(run, "applying", analyst, {"revision": run.revision})
    assert "1 error in the rows" in read(client, address)
    ImportRun.objects.update(task="applying", task_started_at=None, created_at="2020-01-01T00:00Z")
    assert end_abandoned_imports.call() == 1
    assert "Its worker was lost" in read(client, address)


class FakeContext:
    attempt = 1


def work(run, task, person, options=None):
    carry_out_import.call(FakeContext(), str(run.pk), task, str(person.pk), options or {})
    run.refresh_from_db()


def test_arguments_of_the_command_are_not_shown():
    text = "Choose it to read it (--sheet 'IT'). Say so (--include a --include b)."
    assert without_arguments(text) == "Choose it to read it. Say so."
