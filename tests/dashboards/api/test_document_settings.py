"""The settings of documents in the API."""

import base64

from dashboards.models import DocumentSettings
from tests.dashboards.pages.reports.test_document_settings import LINE, picture

URL = "/api/v1/document-settings/"


def test_administrators_change_them_and_all_members_read(api, organization, admin, viewer):
    body = {"confidentiality": LINE, "logo": base64.b64encode(picture()).decode()}
    assert api(viewer).patch(URL, body, format="json").status_code == 403
    answer = api(admin).patch(URL, body, format="json")
    assert answer.status_code == 200, answer.content
    read = api(viewer).get(URL).json()
    assert (read["confidentiality"], read["version"]) == (LINE, 2)
    assert len(read["logo_digest"]) == 64
    assert "logo" not in read
    assert api(admin).patch(URL, {"logo": ""}, format="json").json()["logo_digest"] == ""


def test_what_is_no_picture_is_refused(api, organization, admin):
    for logo in ("no base64!", base64.b64encode(b"<svg/>").decode()):
        answer = api(admin).patch(URL, {"logo": logo}, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/logo")
    assert not DocumentSettings.objects.get().logo
