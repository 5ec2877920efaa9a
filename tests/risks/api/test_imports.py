"""Imports over the API: upload and preview, apply, undo; what is refused leaves the register."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from openrisk.accounts.models import Role
from openrisk.server.limits import FORM_AROUND_FILE, REGISTER_FILE
from risks.models import ImportRun, ImportSource, Risk
from tests.conftest import member
from tests.risks.import_runs.uploads import HEADER

URL = "/api/v1/imports/"
ONE = HEADER + "R1,Fire,4,5,Open,Facilities,Physical,Archive,Sprinklers,See audit\n"
WRONG = HEADER + "R1,Fire,banana,5,,,,,,\n"


OCTOBER = "ID,Risk,Likelihood,Impact\nR1,Server room floods,4,5\nR2,Key person leaves,3,3\n"


@pytest.fixture
def client(api, manager) -> APIClient:
    return api(manager)


def upload(client: APIClient, text: str = ONE, **fields: Any) -> Any:
    """What is written in capitals is a header."""
    headers = {name: fields.pop(name) for name in list(fields) if name.isupper()}
    file = SimpleUploadedFile(fields.pop("name", "register.csv"), text.encode())
    return client.post(URL, {"file": file, **fields}, format="multipart", **headers)


def refusal(response: Any, status: int) -> dict[str, Any]:
    """The problem of a refusal, after which there is no risk."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert Risk.objects.count() == 0
    return response.json()


def test_a_register_is_previewed_applied_and_undone(client):
    uploaded = upload(client)
    assert uploaded.status_code == 201
    assert uploaded.json()["counts"]["risks"]["create"] == 1
    assert Risk.objects.count() == 0

    url = uploaded["Location"]
    assert client.get(f"{url}rows/?model=risks.risk").json()["count"] == 1
    assert client.post(f"{url}apply/", {}).json()["status"] == "applied"
    assert Risk.objects.get().title == "Fire"
    assert client.post(f"{url}undo/").json()["status"] == "undone"
    assert Risk.objects.count() == 0


def test_an_upload_that_is_sent_again_is_answered_from_the_first(client):
    first = upload(client, HTTP_IDEMPOTENCY_KEY="k1")
    again = upload(client, HTTP_IDEMPOTENCY_KEY="k1")
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert ImportRun.objects.count() == 1


def test_another_file_of_the_same_length_needs_another_key(client):
    upload(client, HTTP_IDEMPOTENCY_KEY="k1")
    other = upload(client, ONE.replace("Fire", "Rain"), HTTP_IDEMPOTENCY_KEY="k1")
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert upload(client, HTTP_IDEMPOTENCY_KEY="k1", mapping="{}").status_code == 422
    assert ImportRun.objects.count() == 1


def test_a_column_goes_where_the_mapping_says(client):
    run = upload(client, mapping='{"Note": "description"}')
    client.post(f"{run['Location']}apply/", {})
    assert Risk.objects.get().description == "See audit"


def test_what_the_upload_says_of_the_file_is_stored_with_the_run(client):
    run = upload(client, sheet="Risks", month_first="true", include=["issues", "actions"]).json()
    assert run["options"]["month_first"] is True
    assert (run["options"]["sheet"], run["options"]["include"]) == ("Risks", ["issues", "actions"])
    assert upload(client).json()["options"]["month_first"] is None
    assert upload(client, include="pets").status_code == 400


def test_an_open_question_is_answered_by_reading_again(client):
    client.post(f"{upload(client, OCTOBER, name='risks-2026-10.csv')['Location']}apply/", {})
    uploaded = upload(client, OCTOBER, name="risks-2026-11.csv")
    url, question = uploaded["Location"], uploaded.json()["question"]
    refused = client.post(f"{url}apply/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "question_open")
    assert refused.json()["question"] == question
    again = client.post(f"{url}preview/", question["answers"][0]["options"]).json()
    assert (again["question"], again["source_name"]) == (None, "risks-2026-10")
    assert client.post(f"{url}apply/", {}).json()["counts"]["risks"]["unchanged"] == 2


def test_a_preview_is_read_again_with_other_options(client):
    url = upload(client)["Location"]
    run = client.post(f"{url}preview/", {"mapping": {"Note": "description"}}).json()
    assert run["options"]["mapping"] == {"Note": "description"}
    refused = client.post(f"{url}preview/", {"mapping": {"Nix": "title"}})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/mapping")


def test_the_report_is_whole_and_the_file_has_marks(client):
    url = upload(client, WRONG)["Location"]
    report = client.get(f"{url}report/").json()
    assert (report["errors"][0]["column"], report["counts"]["risks"]["error"]) == ("Likelihood", 1)
    marked = client.get(f"{url}annotated/")
    assert b"".join(marked.streaming_content).startswith(b"PK")
    assert marked["Content-Disposition"] == 'attachment; filename="register-marked.xlsx"'


@pytest.mark.parametrize("route", ["report", "annotated"])
def test_reports_of_another_organization_do_not_exist(
    client, api, outsider, other_organization, route
):
    url = upload(client)["Location"]
    assert api(outsider, other_organization).get(f"{url}{route}/").status_code == 404


@pytest.fixture
def source(client) -> str:
    """The address of what was learned of a source."""
    client.post(f"{upload(client)['Location']}apply/", {})
    return f"/api/v1/import-sources/{ImportSource.objects.get().pk}/"


def test_what_was_learned_of_a_source_is_shown_and_edited(client, source):
    learned = client.get(source).json()
    assert (learned["name"], learned["options"]["mapping"]["Title"]) == ("register", "title")
    mapping = {**learned["options"]["mapping"], "Note": "description"}
    edited = client.patch(source, {"options": {"mapping": mapping, "month_first": True}})
    assert (edited.status_code, edited.json()["run"]) == (200, None)
    (note,) = [c for c in upload(client).json()["mapping"] if c["column"] == "Note"]
    assert (note["field"], note["how"]) == ("description", "learned")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"mapping": {"Note": "nonsense"}}, "not a field of a risk"),
        ({"mapping": {"Note": "title", "Title": "title"}}, "both give title"),
        ({"as_new": True}, "Unknown field"),
        ({"scales": {"Likelihood": "huge"}}, "scales"),
        ({"scales": {"Likelihood": "5 to 05"}}, "begins where it ends"),
        ({"words": {"Likelihood": {"High": 9}}}, "less than or equal to 6"),
        ({"pets": 1}, "Unknown field"),
    ],
)
def test_options_that_no_file_can_be_read_with_are_refused(client, source, options, expected):
    refused = client.patch(source, {"options": options})
    assert (refused.status_code, expected in str(refused.json())) == (400, True)


def test_a_source_that_is_forgotten_keeps_its_risks(client, source):
    assert client.delete(source).status_code == 204
    assert (ImportSource.objects.count(), Risk.objects.count()) == (0, 1)


def test_an_analyst_looks_at_sources_only(api, analyst, source):
    assert api(analyst).get(source).status_code == 200
    assert api(analyst).patch(source, {"options": {"month_first": True}}).status_code == 403


@pytest.mark.parametrize("mapping", ["x", "[1]", "5", "null", '{"Note": 1}', '{"Note": {"a": 1}}'])
def test_an_invalid_mapping_is_pointed_at(client, mapping):
    problem = refusal(upload(client, mapping=mapping), 400)
    assert problem["errors"][0]["pointer"] == "/mapping"
    assert '{"Likelihood (1-5)": "inherent_likelihood"}' in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ('{"Nix": "title"}', "no column 'Nix'"),
        ('{"Note": "nonsense"}', "'nonsense' is not a field"),
    ],
)
def test_a_mapping_of_unknown_columns_or_fields_is_refused(client, mapping, expected):
    (error,) = refusal(upload(client, mapping=mapping), 400)["errors"]
    assert (error["pointer"], expected in error["detail"]) == ("/mapping", True)


def test_a_file_that_cannot_be_read_tells_the_row(client):
    problem = refusal(upload(client, ONE + '"never closed\n'), 400)
    assert problem["rows"][0]["row"] == 3


def test_rows_in_error_are_refused_unless_left_out(client):
    url = upload(client, WRONG)["Location"]
    problem = refusal(client.post(f"{url}apply/", {}), 409)
    assert (problem["rows"][0]["row"], problem["rows"][0]["column"]) == (2, "Likelihood")
    assert client.post(f"{url}apply/", {"skip_errors": True}).status_code == 200


def test_a_large_file_is_refused_and_read_away(client):
    """A client that still sends would otherwise see a broken pipe in place of the answer."""
    response = upload(client, "x" * (REGISTER_FILE + FORM_AROUND_FILE))
    assert "at most 21 MB" in refusal(response, 413)["detail"]
    assert response.wsgi_request.read() == b""
    assert ImportRun.objects.count() == 0


def test_a_large_file_that_was_only_announced_is_not_awaited(client):
    file = SimpleUploadedFile("register.csv", b"x" * (REGISTER_FILE + FORM_AROUND_FILE))
    response = client.post(URL, {"file": file}, format="multipart", HTTP_EXPECT="100-continue")
    refusal(response, 413)
    assert response.wsgi_request.read(1) != b""


def test_viewers_do_not_import(api, viewer):
    refusal(upload(api(viewer)), 403)


def test_an_analyst_imports_and_undoes_their_own_file(api, analyst, organization):
    url = upload(api(analyst))["Location"]
    other = api(member(Role.ANALYST, organization, "other"))
    for step in ("preview", "apply"):
        refusal(other.post(f"{url}{step}/", {}), 403)
    assert api(analyst).post(f"{url}apply/", {}).json()["status"] == "applied"
    assert other.post(f"{url}undo/").status_code == 403
    assert api(analyst).post(f"{url}undo/").json()["status"] == "undone"


def test_a_manager_imports_what_an_analyst_may_not_decide(api, analyst, manager):
    url = upload(api(analyst), ONE.replace("Open", "Closed"))["Location"]
    assert "a manager decides" in refusal(api(analyst).post(f"{url}apply/", {}), 403)["detail"]
    assert api(manager).post(f"{url}apply/", {}).status_code == 200
    assert Risk.objects.get().status == "closed"


def test_texts_of_the_file_mean_what_the_body_says(client):
    url = upload(client, WRONG.replace("5,,,", "5,Parked,,"))["Location"]
    words = {"Likelihood": {"banana": 2}}
    run = client.post(
        f"{url}preview/", {"words": words, "meanings": {"Status": {"Parked": "assessed"}}}
    )
    assert run.json()["counts"]["risks"]["error"] == 0
    row = client.get(f"{url}rows/?model=risks.risk").json()["results"][0]
    assert (row["guessed"], row["changes"]["status"]) == ({}, [None, "assessed"])
    refused = client.post(f"{url}preview/", {"meanings": {"Status": {"Parked": "lost"}}})
    assert refused.json()["errors"][0]["pointer"] == "/mapping"
