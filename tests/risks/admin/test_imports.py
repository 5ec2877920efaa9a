"""Importing and exporting in the admin: upload, preview, apply, undo; a file of the selection."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Role
from risks.models import Change, ImportRun, ImportSource, Risk
from tests.conftest import member
from tests.risks import factories
from tests.risks.admin.forms import act, change, page, press, said

ADD = "/admin/risks/importrun/add/"
FILE = b"ID,Title,Likelihood,Impact\nA1,Flood,4,5\nA2,Fire,2,3\n"


def upload(client, organization, content=FILE, name="sites.csv", **fields):
    file = SimpleUploadedFile(name, content)
    return client.post(ADD, {"organization": str(organization.pk), "file": file, **fields})


@pytest.fixture
def run(client, organization):
    upload(client, organization)
    return ImportRun.objects.get()


def take(client, run, name):
    return said(press(client, run, name))


def test_upload_is_a_preview_that_changes_nothing(client, organization, manager):
    response = upload(client, organization)
    run = ImportRun.objects.get()
    assert response.headers["Location"] == page(run)
    assert (run.status, run.actor, run.source_name) == ("previewed", manager, "sites")
    text = client.get(page(run)).content.decode()
    for shown in ("Flood", "inherent_likelihood", "<h2>Result</h2>"):
        assert shown in text
    assert not Risk.objects.exists()


def test_run_is_applied_and_undone(client, run, manager):
    assert "Import." in take(client, run, "apply")
    assert Risk.objects.count() == 2
    assert Change.objects.filter(run_id=run.pk).first().actor == manager
    assert "Undo" in client.get(page(run)).content.decode()
    assert "sites (undone)" in take(client, run, "undo")
    assert not Risk.objects.exists()
    run.refresh_from_db()
    assert (run.status, run.undone_by) == ("undone", manager)


def test_run_of_yesterday_is_refused_until_it_is_previewed_again(client, run, organization):
    risk = factories.make_risk(organization, title="Flood")
    Risk.objects.filter(pk=risk.pk).update(source="import", source_name="sites", external_id="A1")
    assert "Preview again" in take(client, run, "apply")
    assert Risk.objects.count() == 1
    take(client, run, "preview")
    take(client, run, "apply")
    assert Risk.objects.count() == 2


def test_edited_risk_keeps_a_run_from_being_undone(client, run):
    take(client, run, "apply")
    Risk.objects.filter(external_id="A1").update(title="Mine")
    assert "changed since the run was applied" in take(client, run, "undo")
    assert Risk.objects.count() == 2


def test_rows_in_error_are_left_out_only_when_asked(client, organization):
    upload(client, organization, FILE + b"A3,Theft,banana,5\n")
    run = ImportRun.objects.get()
    assert "1 row is in error" in client.get(page(run)).content.decode()
    assert "error in the rows" in take(client, run, "apply")
    assert not Risk.objects.exists()
    take(client, run, "skip_errors")
    assert Risk.objects.count() == 2


def test_column_goes_where_the_person_says(client, organization):
    upload(client, organization, b"Title,Impact\nFlood,4\n", columns="Impact = extra")
    [column] = [c for c in ImportRun.objects.get().mapping if c["column"] == "Impact"]
    assert (column["field"], column["how"]) == (None, "chosen")


def test_question_is_answered_with_a_button(client, organization, run):
    take(client, run, "apply")
    upload(client, organization, name="sites-2026-11.csv")
    later = ImportRun.objects.exclude(pk=run.pk).get()
    assert "seems to continue the source sites" in client.get(page(later)).content.decode()
    take(client, later, "apply")
    assert (Risk.objects.count(), ImportRun.objects.get(pk=later.pk).status) == (2, "previewed")
    take(client, later, "answer-0")
    take(client, later, "apply")
    later.refresh_from_db()
    assert (later.source_name, later.status, Risk.objects.count()) == ("sites", "applied", 2)


def test_file_is_read_again_as_the_person_says(client, organization, run):
    again = page(run, "read")
    assert page(run) in client.get(again).content.decode()
    response = client.post(again, {"columns": "Impact = extra", "month_first": "yes"})
    assert response.headers["Location"] == page(run)
    run.refresh_from_db()
    assert (run.options["mapping"], run.options["month_first"]) == ({"Impact": "extra"}, True)
    refused = client.post(again, {"columns": "Nix = title"})
    assert "no column" in str(refused.context["form"].errors)
    assert client.get(again).context["form"]["columns"].value() == "Impact = extra"


def test_file_is_downloaded_with_marks(client, run, other_organization):
    assert b"".join(client.get(page(run, "annotated")).streaming_content).startswith(b"PK")
    run.file.delete()
    assert "no longer stored" in said(client.get(page(run, "annotated"), follow=True))
    client.force_login(member(Role.ADMIN, other_organization, "stranger"))
    assert client.get(page(run, "annotated")).status_code == 302


def test_file_is_read_again_only_where_one_may_import(client, run, other_organization):
    client.force_login(member(Role.ADMIN, other_organization, "stranger"))
    client.post(page(run, "read"), {"columns": "Impact = extra"})
    run.refresh_from_db()
    assert run.options["mapping"] == {}


def test_what_was_learned_of_a_source_is_edited(client, run):
    take(client, run, "apply")
    source = ImportSource.objects.get()
    assert "sites.csv" in client.get(page(source)).content.decode()
    change(client, source, columns="Title = title\nImpact = extra", month_first="no")
    source.refresh_from_db()
    assert source.options["mapping"] == {"Title": "title", "Impact": "extra"}
    assert (source.options["month_first"], source.run, source.version) == (False, None, 2)
    change(client, source, scales="Likelihood = 1 to 10", words="Impact: High = 4")
    source.refresh_from_db()
    assert source.options["scales"] == {"Likelihood": "1 to 10"}
    assert source.options["words"] == {"Impact": {"High": 4}}
    refused = change(client, source, columns="Title = nonsense")
    assert "not a field of a risk" in refused.content.decode()


def test_run_keeps_what_the_form_says_of_the_file(client, organization):
    upload(client, organization, month_first="no", include=["issues"], derive_ratings="on")
    options = ImportRun.objects.get().options
    assert (options["month_first"], options["include"]) == (False, ["issues"])
    assert (options["derive_ratings"], options["as_new"]) == (True, False)


@pytest.mark.parametrize(
    ("content", "fields", "reason"),
    [
        (b"", {}, "empty"),
        (b"\x00\x01\x02", {}, "file"),
        (FILE, {"columns": "Impact"}, "Column = field"),
        (FILE, {"columns": "No such column = title"}, "No such column"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_the_reason(
    client, organization, content, fields, reason
):
    response = upload(client, organization, content, **fields)
    assert (response.status_code, ImportRun.objects.count()) == (200, 0)
    assert reason in str(response.context["form"].errors)


def test_run_is_uploaded_only_where_one_is_manager(client, manager, other_organization):
    set_role(user=manager, organization=other_organization, role=Role.ANALYST)
    response = upload(client, other_organization)
    assert "organization" in response.context["form"].errors
    assert not ImportRun.objects.exists()


def test_run_cannot_be_edited_or_deleted(client, run):
    assert client.post(page(run), {"status": "applied"}).status_code == 403
    assert client.post(page(run, "delete"), {"post": "yes"}).status_code == 403
    assert ImportRun.objects.get().status == "previewed"


def test_step_on_a_run_of_another_organization_does_nothing(client, run, other_organization):
    client.force_login(member(Role.ADMIN, other_organization, "stranger"))
    take(client, run, "apply")
    assert not Risk.objects.exists()


# --- export -----------------------------------------------------------------------------------
def test_selected_risks_are_exported(client, organization):
    flood, _ = (factories.make_risk(organization, title=title) for title in ("Flood", "Fire"))
    response = act(client, "export_csv", [flood])
    text = b"".join(response.streaming_content).decode()
    assert response.headers["Content-Type"].startswith("text/csv")
    assert ("Flood" in text, "Fire" in text) == (True, False)
    xlsx = act(client, "export_xlsx", [flood])
    assert b"".join(xlsx.streaming_content).startswith(b"PK")


def test_risks_of_two_organizations_do_not_share_a_file(
    client, manager, organization, other_organization
):
    set_role(user=manager, organization=other_organization, role=Role.MANAGER)
    rows = [factories.make_risk(owner, title="x") for owner in (organization, other_organization)]
    assert "Filter by organization" in said(act(client, "export_csv", rows))


def test_imports_are_listed_with_what_they_do(client, run):
    text = client.get(reverse("admin:risks_importrun_changelist")).content.decode()
    assert "2 create" in text
