"""Comments and watches on the page of a risk."""

import json
import re

import pytest

from openrisk.accounts.models import Role, User
from risks.models import Comment, Watch
from risks.services.workspace.comments import delete_comment, edit_comment, post_comment
from tests.conftest import member
from tests.risks.factories import make_comment, make_mitigation
from tests.texts import text_of

PAGE = "/o/acme/risks/R-0001/"
ACTIVITY = f"{PAGE}?tab=activity"


def send(client, address, **fields):
    """Send a form as a browser does: with the token that the page was drawn with."""
    html = client.get(ACTIVITY).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html)[1]
    return client.post(f"{PAGE}{address}", {"csrfmiddlewaretoken": token, **fields})


def test_comment_is_posted_once_and_shown_where_it_stands(browse, analyst, risk):
    client = browse(analyst)
    html = client.get(ACTIVITY).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html)[1]
    form = {"csrfmiddlewaretoken": token, "comment": "Asked <the> supplier"}
    for _ in range(2):
        response = client.post(f"{PAGE}comments/", form)
    comment = Comment.objects.get()
    assert response["Location"] == f"{PAGE}?tab=activity#comment-{comment.pk}"
    assert "Asked &lt;the&gt; supplier" in client.get(ACTIVITY).content.decode()


def test_shared_name_is_reported_and_the_text_is_kept(browse, analyst, risk, organization):
    for address in ("ada1", "ada2"):
        person = member(Role.VIEWER, organization, address)
        User.objects.filter(pk=person.pk).update(name="Ada")
    response = send(browse(analyst), "comments/", comment="Ask @Ada about it")
    text = text_of(response)
    assert (response.status_code, Comment.objects.count()) == (400, 0)
    assert "@Ada can be any of 2 members" in text
    assert "Ask @Ada about it" in text


def test_mention_is_marked(browse, analyst, manager, risk):
    make_comment(risk, analyst, f"Ask @{manager.email}, not x@{manager.email}")
    html = browse(analyst).get(ACTIVITY).content.decode()
    assert html.count(f'<span class="mention">@{manager.email}</span>') == 1


def test_comments_on_mitigations_stand_in_the_activity_of_their_risk(browse, analyst, risk):
    mitigation = make_mitigation(risk)
    client = browse(analyst)
    send(client, f"mitigations/{mitigation.pk}/comments/", comment="Tapes came")
    assert Comment.objects.get().mitigation == mitigation
    assert "commented on mitigation M-0001" in text_of(client.get(ACTIVITY))


def test_author_edits_in_place_or_on_a_page(browse, analyst, risk):
    comment = make_comment(risk, analyst, "Befor")
    client, path = browse(analyst), f"{PAGE}comments/{comment.pk}/"
    part = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert ("<html" in part, "Befor" in part) == (False, True)
    cancelled = client.get(path, {"cancel": "yes"}, headers={"HX-Request": "true"})
    assert "<form" not in cancelled.content.decode()
    assert "Edit comment" in text_of(client.get(path))
    assert client.post(path, {"comment": "Before", "version": 1}).status_code == 302
    assert "edited" in text_of(client.get(ACTIVITY))


def test_stale_edit_keeps_the_text_and_can_be_sent_again(browse, analyst, risk):
    comment = make_comment(risk, analyst)
    edit_comment(actor=analyst, instance=comment, text="Other tab")
    client, path = browse(analyst), f"{PAGE}comments/{comment.pk}/"
    response = client.post(path, {"comment": "This tab", "version": 1})
    assert (response.status_code, "This tab" in text_of(response)) == (412, True)
    assert 'name="version" value="2"' in response.content.decode()


def test_others_neither_edit_nor_delete(browse, analyst, manager, viewer, risk):
    comment = make_comment(risk, manager)
    for person in (analyst, viewer):
        client = browse(person)
        assert client.get(f"{PAGE}comments/{comment.pk}/").status_code == 403
        answer = {"confirmed": "yes", "version": 1}
        assert client.post(f"{PAGE}comments/{comment.pk}/delete/", answer).status_code == 403
    assert "Delete…" not in text_of(browse(analyst).get(ACTIVITY)).partition("Activity")[2]


def test_deletion_asks_first_and_leaves_a_trace(browse, analyst, manager, risk):
    comment = make_comment(risk, analyst, "Secret")
    client, path = browse(manager), f"{PAGE}comments/{comment.pk}/delete/"
    assert "Delete the comment?" in text_of(client.get(path))
    client.post(path, {"confirmed": "no"})
    assert Comment.objects.get().text == "Secret"
    client.post(path, {"confirmed": "yes", "version": 1})
    text = text_of(client.get(ACTIVITY))
    assert f"Comment deleted by {manager.email}" in text
    assert "Secret" not in text


def test_comment_of_another_risk_is_not_found(browse, analyst, organization, risk):
    other = post_comment(actor=analyst, risk=type(risk).objects.get(pk=risk.pk), text="Here")
    client = browse(analyst)
    assert client.get(f"/o/acme/risks/R-0002/comments/{other.pk}/").status_code == 404
    assert client.get(f"{PAGE}comments/{risk.pk}/").status_code == 404


def test_viewers_watch_and_do_not_comment(browse, viewer, risk):
    client = browse(viewer)
    assert "Add comment" not in text_of(client.get(ACTIVITY))
    assert send(client, "watch/", watch="yes").status_code == 302
    assert "1 person watches this" in text_of(client.get(ACTIVITY))
    send(client, "watch/", watch="no")
    assert not Watch.objects.exists()


def test_mitigation_is_watched(browse, viewer, risk):
    mitigation = make_mitigation(risk)
    send(browse(viewer), f"mitigations/{mitigation.pk}/watch/", watch="yes")
    assert Watch.objects.get().subject == mitigation


def test_members_are_offered_of_the_own_organization_only(
    browse, analyst, manager, viewer, outsider, risk
):
    answer = browse(analyst).get("/o/acme/risks/members/", {"q": "ma"})
    assert [row["address"] for row in json.loads(answer.content)["members"]] == [manager.email]
    everyone = browse(analyst).get("/o/acme/risks/members/").content.decode()
    assert outsider.email not in everyone
    assert browse(viewer).get("/o/acme/risks/members/").status_code == 403


def test_deleted_comment_is_not_edited(browse, analyst, risk):
    comment = make_comment(risk, analyst)
    delete_comment(actor=analyst, instance=comment)
    assert browse(analyst).get(f"{PAGE}comments/{comment.pk}/").status_code == 403


@pytest.mark.parametrize("text", ["السلام", "漢字" * 400, "W" * 300, "🚒 " * 50])
def test_text_of_any_script_is_shown(browse, analyst, risk, text):
    client = browse(analyst)
    send(client, "comments/", comment=text)
    assert text.strip() in client.get(ACTIVITY).content.decode()


def test_page_of_a_mitigation_has_its_own_comments(browse, analyst, risk):
    mitigation = make_mitigation(risk)
    make_comment(risk, analyst, "On the risk")
    client = browse(analyst)
    response = send(client, f"mitigations/{mitigation.pk}/comments/", comment="On the plan")
    page = response["Location"].partition("#")[0]
    text = text_of(client.get(page))
    assert ("On the plan" in text, "On the risk" in text) == (True, False)
    refused = send(client, f"mitigations/{mitigation.pk}/comments/", comment=" ")
    assert (refused.status_code, page in refused.content.decode()) == (400, True)
