from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.server.limits import ATTACHMENT_FILE, FORM_AROUND_FILE
from risks.models import Attachment
from tests.risks.factories import make_mitigation, make_risk
from tests.risks.files.content import HTML, PDF, PNG, PROGRAM, SVG, archive, upload

pytestmark = pytest.mark.django_db
URL = "/api/v1/attachments/"


def send(client, content=PDF, file_name="policy.pdf", **fields):
    return client.post(URL, {"file": upload(content, file_name), **fields}, format="multipart")


def listed(client, **filters):
    response = client.get(URL, filters)
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()["results"]]


def test_upload_list_download(api, analyst, viewer, organization):
    risk = make_risk(organization)
    made = send(api(analyst), risk=risk.pk, description="Signed", valid_until="2027-01-31")
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["media_type"] == "application/pdf"
    assert [link["risk"] for link in body["links"]] == [str(risk.pk)]
    assert (body["uploaded_by"], body["valid_until"]) == (str(analyst.pk), "2027-01-31")
    assert api(viewer).get(made["Location"]).json() == body
    response = api(viewer).get(f"{made['Location']}download/")
    assert b"".join(response) == PDF


def test_the_same_content_again_is_the_file_that_is_there(api, analyst, organization):
    risk = make_risk(organization)
    first = send(api(analyst))
    again = send(api(analyst), file_name="copy.pdf", risk=risk.pk)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert (again.json()["name"], len(again.json()["links"])) == ("policy.pdf", 1)


@pytest.mark.parametrize(
    ("content", "name", "header"),
    [
        (PDF, "plan.png", "application/pdf"),
        (HTML, "notes.txt", "application/octet-stream"),
        (SVG, "logo.svg", "application/octet-stream"),
        (PROGRAM, "report.pdf", "application/octet-stream"),
        (PNG, "Übersicht „2026“.png", "image/png"),
    ],
)
def test_a_download_is_never_shown_nor_run(api, analyst, content, name, header):
    row = send(api(analyst), content, name).json()
    response = api(analyst).get(f"{URL}{row['id']}/download/")
    assert response["Content-Type"] == header
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    response.close()


def test_a_name_is_written_as_rfc_5987_says(api, analyst):
    row = send(api(analyst), PNG, name='Plan\r\nX: "é".png').json()
    response = api(analyst).get(f"{URL}{row['id']}/download/")
    expected = "attachment; filename*=utf-8''Plan%20X%3A%20%22%C3%A9%22.png"
    assert response["Content-Disposition"] == expected
    response.close()


def test_a_client_that_has_the_file_is_not_sent_it_again(api, analyst):
    row = send(api(analyst)).json()
    client = api(analyst)
    etag = client.get(f"{URL}{row['id']}/download/")["ETag"]
    assert etag == f'"{row["sha256"]}"'
    again = client.get(f"{URL}{row['id']}/download/", HTTP_IF_NONE_MATCH=etag)
    assert (again.status_code, again.content) == (304, b"")


def test_a_missing_file_is_said(api, analyst, attachments_folder):
    row = send(api(analyst)).json()
    next(path for path in attachments_folder.rglob("*") if path.is_file()).unlink()
    response = api(analyst).get(f"{URL}{row['id']}/download/")
    assert (response.status_code, "Upload it again" in response.json()["detail"]) == (409, True)


def test_filters(api, analyst, organization):
    risk = make_risk(organization)
    mitigation = make_mitigation(risk)
    today = timezone.now().date()
    client = api(analyst)
    send(client, b"1", "past.txt", risk=risk.pk, valid_until=today - timedelta(days=1))
    send(client, b"2", "future.txt", mitigation=mitigation.pk, valid_until=today)
    sha256 = send(client, PDF, "always.pdf").json()["sha256"]
    assert listed(client, risk=risk.pk) == ["past.txt"]
    assert listed(client, mitigation=mitigation.pk) == ["future.txt"]
    assert listed(client, expired="true") == ["past.txt"]
    assert listed(client, linked="false") == ["always.pdf"]
    assert listed(client, sha256=sha256) == ["always.pdf"]
    assert listed(client, valid_until__gte=today) == ["future.txt"]
    assert listed(client, media_type="application/pdf") == ["always.pdf"]
    assert listed(client, search="ALWAYS") == ["always.pdf"]
    assert listed(client, ordering="valid_until") == ["past.txt", "future.txt", "always.pdf"]
    assert client.get(URL, {"rsk": "x"}).status_code == 400


def test_links_are_added_and_removed(api, analyst, organization):
    client, risk = api(analyst), make_risk(organization)
    row = send(client).json()
    linked = client.post(f"{URL}{row['id']}/links/", {"risk": str(risk.pk)})
    assert linked.status_code == 201
    link = linked.json()["links"][0]["id"]
    assert client.delete(f"{URL}{row['id']}/links/{link}/").status_code == 204
    assert client.delete(f"{URL}{row['id']}/links/{link}/").status_code == 404
    assert client.get(f"{URL}{row['id']}/").json()["links"] == []


@pytest.mark.parametrize("kinds", [(), ("risk", "mitigation")])
def test_a_link_names_one_row(api, analyst, organization, kinds):
    risk = make_risk(organization)
    rows = {"risk": risk, "mitigation": make_mitigation(risk)}
    client = api(analyst)
    body = {kind: str(rows[kind].pk) for kind in kinds}
    response = client.post(f"{URL}{send(client).json()['id']}/links/", body)
    assert response.status_code == 400
    assert "exactly one of risk, mitigation" in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (b"", 400, "The file is empty"),
        (PNG + archive(a_txt="x"), 400, "two in one"),
        (b"x" * (ATTACHMENT_FILE + 1), 413, "has 25.0 MB. At most 25 MB"),
        (b"x" * (ATTACHMENT_FILE + FORM_AROUND_FILE), 413, "at most 26 MB"),
    ],
    ids=["empty", "polyglot", "file-too-large", "body-too-large"],
)
def test_files_that_are_refused(api, analyst, content, status, reason):
    response = send(api(analyst), content)
    assert response.status_code == status
    problem = response.json()
    assert reason in str([problem.get("detail"), *problem.get("errors", ())])
    assert Attachment.objects.count() == 0


def test_a_body_without_a_file_is_refused(api, analyst):
    response = api(analyst).post(URL, {"name": "x"}, format="multipart")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/file"


def test_describing_minds_the_version(api, analyst):
    client = api(analyst)
    made = send(client)
    url = made["Location"]
    assert client.patch(url, {"name": "new.pdf", "version": 1}).json()["name"] == "new.pdf"
    assert client.patch(url, {"name": "old.pdf"}, HTTP_IF_MATCH=made["ETag"]).status_code == 412
    assert client.patch(url, {"sha256": "0" * 64}).status_code == 400
    assert len(client.get(f"{url}history/").json()["results"]) == 2


def test_authors_delete_their_own_and_managers_any(api, viewer, analyst, manager, organization):
    first, second = (send(api(analyst), content).json()["id"] for content in (PDF, PNG))
    third = send(api(manager), b"text").json()["id"]
    answers = [
        api(user).delete(f"{URL}{pk}/").status_code
        for user, pk in ((viewer, first), (analyst, third), (analyst, first), (manager, second))
    ]
    assert answers == [403, 403, 204, 204]
    refusal = api(analyst).delete(f"{URL}{third}/").json()["detail"]
    assert "Only its author or a manager" in refusal


def test_viewers_upload_nothing(api, viewer):
    assert send(api(viewer)).status_code == 403


def test_a_repeated_upload_with_a_key_is_carried_out_once(api, analyst):
    client = api(analyst)
    first, again = (
        client.post(URL, {"file": upload()}, format="multipart", HTTP_IDEMPOTENCY_KEY="k")
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
