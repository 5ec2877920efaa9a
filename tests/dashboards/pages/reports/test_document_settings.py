"""The logo and the confidentiality line of documents."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfReader

from dashboards.documents.logo import DRAWN_SIZE
from dashboards.models import DocumentSettings
from risks.models import Change
from tests.risks.factories import make_risk

PAGE = "/o/acme/settings/documents/"
LINE = "Confidential: for the board only"


def picture(size=(900, 300), kind="PNG"):
    file = BytesIO()
    Image.new("RGB", size, "navy").save(file, kind)
    return file.getvalue()


def upload(content, name="logo.png"):
    return SimpleUploadedFile(name, content)


def save(client, content=None, **fields):
    files = {} if content is None else {"logo": upload(content)}
    version = DocumentSettings.objects.values_list("version", flat=True).first() or 1
    return client.post(PAGE, {"confidentiality": LINE, "version": version, **files, **fields})


def test_reports_carry_logo_and_confidentiality_line(client, organization, admin):
    make_risk(organization, inherent_likelihood=5, inherent_impact=5)
    client.force_login(admin)
    assert save(client, picture(kind="JPEG")).status_code == 302
    reader = PdfReader(BytesIO(client.get("/o/acme/dashboards/executive.pdf").content))
    assert all(LINE in page.extract_text() for page in reader.pages)
    assert len(reader.pages[0].images) == 1
    with Image.open(BytesIO(client.get(f"{PAGE}logo.png").content)) as logo:
        assert (logo.format, logo.size) == ("PNG", (DRAWN_SIZE[1] * 3, DRAWN_SIZE[1]))
    change = Change.objects.filter(model="dashboards.documentsettings").first()
    assert set(change.changes) >= {"confidentiality", "logo_digest"}
    assert "logo" not in change.changes


def test_logo_is_kept_until_it_is_removed(client, organization, admin):
    client.force_login(admin)
    save(client, picture())
    save(client)
    assert DocumentSettings.objects.get().logo_digest
    save(client, remove_logo="on")
    stored = DocumentSettings.objects.get()
    assert (bytes(stored.logo), stored.logo_digest) == (b"", "")
    assert client.get(f"{PAGE}logo.png").status_code == 404


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG or JPEG"),
        (picture(kind="GIF"), "not a PNG or JPEG"),
        (picture()[:200], "not a PNG or JPEG"),
        (picture((4001, 1)), "more than 4000 pixels"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 1024 * 1024, "larger than 1 MB"),
    ],
    ids=["svg", "gif", "cut", "wide", "large"],
)
def test_other_files_are_refused(client, organization, admin, content, says):
    client.force_login(admin)
    response = save(client, content)
    assert response.status_code == 400
    assert says in response.content.decode()
    assert not DocumentSettings.objects.get().logo_digest


def test_only_administrators_change_them(client, organization, manager, outsider):
    client.force_login(manager)
    assert client.get(PAGE).status_code == 200
    assert save(client).status_code == 403
    client.force_login(outsider)
    assert client.get(PAGE).status_code == 404
    assert client.get(f"{PAGE}logo.png").status_code == 404


def test_stale_settings_are_not_overwritten(client, organization, admin):
    client.force_login(admin)
    save(client)
    response = client.post(PAGE, {"confidentiality": "Public", "version": 1})
    assert response.status_code == 412
    assert DocumentSettings.objects.get().confidentiality == LINE
