import pytest

from risks.models import Attachment
from tests.risks import factories
from tests.risks.admin.forms import change, page
from tests.risks.files.content import PNG


@pytest.fixture
def attachment(organization):
    return factories.make_attachment(organization)


def test_manager_describes_a_file(client, attachment):
    change(client, attachment, name="a/Plan.pdf", valid_until="2027-01-31")
    attachment.refresh_from_db()
    assert (attachment.name, str(attachment.valid_until)) == ("Plan.pdf", "2027-01-31")


def test_list_is_searched_by_name_and_hash(client, attachment, organization):
    factories.make_attachment(organization, PNG, "other.png")
    for words in ("policy", attachment.sha256):
        text = client.get("/admin/risks/attachment/", {"q": words}).content.decode()
        assert ("policy.pdf" in text, "other.png" in text) == (True, False)


def test_files_are_uploaded_on_the_pages_only(client, attachment):
    assert client.get("/admin/risks/attachment/add/").status_code == 403
    assert f"/o/acme/files/{attachment.pk}/" in client.get(page(attachment)).content.decode()


def test_manager_deletes_a_file(client, attachment):
    client.post(f"/admin/risks/attachment/{attachment.pk}/delete/", {"post": "yes"})
    assert not Attachment.objects.exists()
