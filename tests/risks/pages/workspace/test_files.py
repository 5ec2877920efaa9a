from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from openrisk.server.limits import ATTACHMENT_FILE
from risks.models import Attachment, AttachmentLink
from risks.services.workspace import attachments as services
from tests.openrisk.pages.test_drafts import log_in, send
from tests.risks.factories import (
    make_acceptance,
    make_action,
    make_assessed_risk,
    make_attachment,
    make_control,
    make_framework,
    make_mitigation,
    make_risk,
)
from tests.risks.files.content import HTML, PDF, PNG, archive, upload
from tests.texts import text_of

pytestmark = pytest.mark.django_db
FILES = "/o/acme/files/"


@pytest.fixture
def risk(organization):
    return make_risk(organization)


@pytest.fixture
def page(client, analyst):
    """Answers of pages, as an analyst sees them."""
    client.force_login(analyst)

    def ask(url, data=None, **kwargs):
        method = client.get if data is None else client.post
        response = method(url, data, follow=True, **kwargs)
        response.text_shown = response.content.decode() if not response.streaming else ""
        return response

    return ask


def add_url(row, kind="risk"):
    return f"{FILES}add/{kind}/{row.pk}/"


# --- The card


def test_several_files_are_attached_and_shown_on_the_card(page, risk, analyst):
    files = [upload(PDF, "policy.pdf"), upload(PNG, "shot.png")]
    shown = page(add_url(risk), {"uploads": files, "valid_until": "2020-01-31"})
    assert shown.redirect_chain == [(f"/o/acme/risks/{risk.reference}/?tab=evidence#evidence", 302)]
    for text in ("2 files are saved.", "policy.pdf", "PNG image", "Expired 31 Jan 2020"):
        assert text in shown.text_shown
    assert {link.linked_by for link in AttachmentLink.objects.all()} == {analyst}


def test_a_file_that_is_here_already_is_attached_and_said(page, organization, risk):
    make_attachment(organization, name="original.pdf")
    shown = page(add_url(risk), {"uploads": upload(PDF, "copy.pdf")}).text_shown
    assert "was here already: “original.pdf”" in shown
    assert Attachment.objects.get().links.get().risk == risk


def test_what_cannot_be_kept_is_said_beside_what_was(page, risk):
    files = [upload(PDF), upload(PNG + archive(a_txt="x"), "both.png"), upload(b"", "empty.txt")]
    shown = page(add_url(risk), {"uploads": files}).text_shown
    assert "“policy.pdf” is saved." in shown
    assert "“both.png”: This file is two in one" in shown
    assert "“empty.txt”: The file is empty." in shown


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (b"", 400, "The file is empty."),
        (b"x" * (ATTACHMENT_FILE + 1), 413, "At most 25 MB are allowed."),
        (None, 400, "This field is required."),
    ],
    ids=["empty", "large", "none"],
)
def test_an_upload_that_is_refused_shows_the_form_again(page, risk, content, status, reason):
    data = {"description": "From the audit"}
    if content is not None:
        data["uploads"] = upload(content)
    response = page(add_url(risk), data)
    assert response.status_code == status
    assert reason in response.text_shown
    assert "From the audit</textarea>" in response.text_shown


def test_a_form_that_is_sent_twice_attaches_once(client, analyst, risk):
    client.force_login(analyst)
    token = client.get(add_url(risk)).context["csrf_token"]
    for _ in range(2):
        data = {"uploads": upload(), "csrfmiddlewaretoken": str(token)}
        response = client.post(add_url(risk), data, follow=True)
    assert "This form was sent twice and saved once" in response.content.decode()
    assert "was here already" not in response.content.decode()


def test_a_session_that_ended_keeps_the_words_and_asks_for_the_file_again(analyst, risk):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(analyst)
    data = {"uploads": upload(), "description": "From the audit"}
    shown = text_of(log_in(browser, send(browser, add_url(risk), data), analyst))
    assert "Choose the file again: files are not kept." in shown
    assert "From the audit" in shown


def test_viewers_download_and_see_no_forms(client, viewer, organization, risk):
    attachment = make_attachment(organization, target=risk)
    client.force_login(viewer)
    shown = client.get(f"/o/acme/risks/{risk.reference}/?tab=evidence").content.decode()
    assert "policy.pdf" in shown
    assert 'type="file"' not in shown
    assert client.post(add_url(risk), {"uploads": upload(PNG)}).status_code == 403
    response = client.get(f"{FILES}{attachment.pk}/download/")
    assert b"".join(response) == PDF


@pytest.mark.parametrize("kind", ["mitigation", "action", "acceptance", "control"])
def test_rows_of_every_kind_have_a_page_to_add_files(page, organization, analyst, kind):
    risk = make_assessed_risk(organization)
    mitigation = make_mitigation(risk)
    row = {
        "mitigation": lambda: mitigation,
        "action": lambda: make_action(mitigation),
        "acceptance": lambda: make_acceptance(analyst, risk),
        "control": lambda: make_control(make_framework(organization)),
    }[kind]()
    assert page(add_url(row, kind)).status_code == 200
    saved = page(add_url(row, kind), {"uploads": upload()})
    assert (saved.status_code, AttachmentLink.objects.get().target) == (200, row)


# --- Attach and detach


def test_a_file_that_is_here_is_found_and_attached(page, organization, risk):
    attachment = make_attachment(organization, name="Backup policy.pdf")
    make_attachment(organization, PNG, "Diagram.png")
    shown = page(f"{add_url(risk)}?q=backup").text_shown
    assert ("Backup policy.pdf" in shown, "Diagram.png" in shown) == (True, False)
    shown = page(f"{FILES}attach/risk/{risk.pk}/", {"file": attachment.pk}).text_shown
    assert "is attached to R-0001 Ransomware" in shown
    assert "Backup policy.pdf" not in page(add_url(risk)).text_shown


def test_a_file_is_attached_to_risks_by_their_references(page, organization, risk):
    other = make_risk(organization, title="Theft")
    attachment = make_attachment(organization, target=risk)
    shown = page(f"{FILES}{attachment.pk}/risks/", {"risks": "R-0001\nR-0002"}).text_shown
    assert "Attached to 2 risks." in shown
    assert {link.risk for link in attachment.links.all()} == {risk, other}
    unknown = page(f"{FILES}{attachment.pk}/risks/", {"risks": "R-0099"})
    assert (unknown.status_code, "“R-0099”" in unknown.text_shown) == (400, True)


def test_the_last_link_offers_to_delete_the_file(
    page, organization, risk, analyst, django_capture_on_commit_callbacks
):
    attachment = make_attachment(organization, target=risk, actor=analyst)
    link = attachment.links.get()
    back = f"/o/acme/risks/{risk.reference}/"
    asked = page(f"{FILES}{attachment.pk}/links/{link.pk}/remove/", {"back": back})
    assert "is no longer attached here" in asked.text_shown
    assert "Delete “policy.pdf”?" in asked.text_shown
    kept = page(f"{FILES}{attachment.pk}/delete/", {"confirmed": "no", "back": back})
    assert kept.redirect_chain[-1][0] == back
    deleted = page(
        f"{FILES}{attachment.pk}/delete/", {"confirmed": "yes", "back": back, "version": 1}
    )
    assert "“policy.pdf” is deleted." in deleted.text_shown
    assert not Attachment.objects.exists()


def test_other_links_stay_and_nothing_is_asked(page, organization, risk, manager):
    attachment = make_attachment(organization, target=risk, actor=manager)
    services.link_attachment(actor=None, attachment=attachment, target=make_risk(organization))
    first, last = attachment.links.all()
    back = f"/o/acme/risks/{risk.reference}/"
    one = page(f"{FILES}{attachment.pk}/links/{first.pk}/remove/", {"back": back})
    assert one.redirect_chain[-1][0] == back
    two = page(f"{FILES}{attachment.pk}/links/{last.pk}/remove/", {"back": back})
    assert "Its author or a manager may delete it" in two.text_shown
    again = page(f"{FILES}{attachment.pk}/links/{last.pk}/remove/", {"back": back})
    assert "was detached already" in again.text_shown


def test_a_link_of_another_organization_is_as_one_that_never_was(
    page, organization, other_organization
):
    foreign = make_attachment(other_organization, target=make_risk(other_organization))
    mine = make_attachment(organization)
    page(f"{FILES}{mine.pk}/links/{foreign.links.get().pk}/remove/", {})
    assert foreign.links.count() == 1


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/o/other/", "x"])
def test_nobody_is_sent_elsewhere(page, organization, risk, back, manager):
    attachment = make_attachment(organization, target=risk, actor=manager)
    url = f"{FILES}{attachment.pk}/links/{attachment.links.get().pk}/remove/"
    assert page(url, {"back": back}).redirect_chain[-1][0] == FILES


# --- One file


def test_a_file_says_what_it_is_and_where_it_is_used(page, organization, risk, analyst):
    attachment = make_attachment(organization, HTML, "notes.txt", target=risk, actor=analyst)
    shown = page(f"{FILES}{attachment.pk}/").text_shown
    for text in (
        "R-0001 Ransomware",
        attachment.sha256,
        "Name is misleading: HTML",
        "The name says otherwise",
    ):
        assert text in shown


def test_a_file_is_described(page, organization):
    attachment = make_attachment(organization)
    data = {"name": "x/Plan.pdf", "valid_until": "2027-03-01", "description": "D", "version": 1}
    assert "The file is saved." in page(f"{FILES}{attachment.pk}/", data).text_shown
    attachment.refresh_from_db()
    assert (attachment.name, str(attachment.valid_until)) == ("Plan.pdf", "2027-03-01")


def test_a_stale_description_is_compared(page, organization):
    attachment = make_attachment(organization)
    services.update_attachment(actor=None, instance=attachment, name="Theirs.pdf")
    data = {"name": "Mine.pdf", "valid_until": "", "description": "", "version": 1}
    response = page(f"{FILES}{attachment.pk}/", data)
    assert response.status_code == 412
    assert "Theirs.pdf" in response.text_shown
    assert 'value="Mine.pdf"' in response.text_shown


def test_only_authors_and_managers_delete(client, organization, analyst, manager):
    attachment = make_attachment(organization, actor=manager)
    url = f"{FILES}{attachment.pk}/delete/"
    client.force_login(analyst)
    refused = client.post(url, {"confirmed": "yes", "version": 1})
    assert (refused.status_code, Attachment.objects.count()) == (403, 1)
    client.force_login(manager)
    stale = client.post(url, {"confirmed": "yes", "version": 9}, follow=True).content.decode()
    assert "Someone else changed this" in stale
    assert Attachment.objects.exists()


def test_a_missing_file_is_said(page, organization, attachments_folder):
    attachment = make_attachment(organization)
    next(path for path in attachments_folder.rglob("*") if path.is_file()).unlink()
    shown = page(f"{FILES}{attachment.pk}/download/").text_shown
    assert "The file is missing on the server." in shown


# --- The list


@pytest.fixture
def files(organization, risk):
    today = timezone.now().date()
    for number, (name, days) in enumerate(
        [("always", None), ("later", 90), ("soon", 10), ("expired", -5)]
    ):
        make_attachment(
            organization,
            f"text {number}".encode(),
            f"{name}.txt",
            valid_until=None if days is None else today + timedelta(days=days),
            target=risk if name == "soon" else None,
        )


def names(response):
    return [file.attachment.name.removesuffix(".txt") for file, _links in response.context["files"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["expired", "soon", "later", "always"]),
        ("?state=expired", ["expired"]),
        ("?state=soon", ["soon"]),
        ("?state=unused", ["expired", "later", "always"]),
        ("?q=LATER", ["later"]),
        ("?ordering=-name", ["soon", "later", "expired", "always"]),
        ("?ordering=nonsense&state=nonsense&page=x", ["expired", "soon", "later", "always"]),
    ],
)
def test_the_list_filters_and_sorts(page, files, query, expected):
    response = page(f"{FILES}{query}")
    assert names(response) == expected
    assert [tab.count for tab in response.context["tabs"]] == (
        [1, 0, 0, 1] if "q=" in query else [4, 1, 1, 3]
    )


def test_the_list_of_one_row(page, files, risk):
    response = page(f"{FILES}?risk={risk.pk}")
    assert names(response) == ["soon"]
    assert "R-0001 Ransomware" in response.text_shown


def test_the_list_is_read_with_few_queries(
    page, files, organization, django_assert_max_num_queries
):
    risk = make_assessed_risk(organization)
    for row in (risk, make_mitigation(risk), make_action(make_mitigation(risk))):
        make_attachment(organization, target=row)
    with django_assert_max_num_queries(12):
        assert len(names(page(FILES))) == 5


def test_pages_of_a_long_list(page, organization, monkeypatch):
    monkeypatch.setattr("risks.pages.workspace.attachments.PAGE_SIZE", 2)
    for number in range(3):
        make_attachment(organization, str(number).encode(), f"{number}.txt")
    response = page(f"{FILES}?page=2")
    assert (names(response), "Page 2 of 2" in response.text_shown) == (["2"], True)


@pytest.mark.parametrize("query", ["", "?q=nothing"])
def test_an_empty_list_offers_the_next_step(page, query):
    shown = page(f"{FILES}{query}").text_shown
    assert ("Show all files" if query else "Files are evidence") in shown


# --- Other organizations


def test_files_of_another_organization_do_not_exist(page, client, organization, other_organization):
    foreign = make_risk(other_organization)
    attachment = make_attachment(other_organization, target=foreign)
    mine = make_attachment(organization)
    gets = ["", "download/", "delete/"]
    assert {client.get(f"{FILES}{attachment.pk}/{end}").status_code for end in gets} == {404}
    posts = {
        f"{FILES}{attachment.pk}/": {"name": "x", "version": 1},
        f"{FILES}{attachment.pk}/risks/": {"risks": "R-0001"},
        f"{FILES}{attachment.pk}/delete/": {"confirmed": "yes"},
        f"{FILES}{attachment.pk}/links/{attachment.links.get().pk}/remove/": {},
        add_url(foreign): {"uploads": upload(PNG)},
        f"{FILES}add/user/{foreign.pk}/": {"uploads": upload(PNG)},
        f"{FILES}attach/risk/{foreign.pk}/": {"file": mine.pk},
        f"{FILES}attach/risk/{make_risk(organization).pk}/": {"file": attachment.pk},
    }
    assert {client.post(url, data).status_code for url, data in posts.items()} == {404}
    assert client.get(f"{FILES}?risk={foreign.pk}").status_code == 404
    assert Attachment.objects.get(pk=attachment.pk).links.count() == 1
