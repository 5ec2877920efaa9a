"""Comments and watches in the admin."""

from risks.models import Comment
from risks.services.workspace.watches import start_watching
from tests.risks.admin.forms import page
from tests.risks.factories import make_comment
from tests.texts import text_of


def test_comments_are_found_and_not_edited(client, risk, analyst):
    comment = make_comment(risk, analyst, "Ask the supplier")
    assert "Ask the supplier" in text_of(client.get("/admin/risks/comment/?q=supplier"))
    assert client.get("/admin/risks/comment/add/").status_code == 403
    client.post(page(comment), {"text": "Forged"})
    assert Comment.objects.get().text == "Ask the supplier"


def test_deleting_takes_the_text_away(client, risk, analyst, manager):
    comment = make_comment(risk, analyst)
    client.post(page(comment, "delete"), {"post": "yes"})
    comment.refresh_from_db()
    assert (comment.text, comment.deleted_by) == ("", manager)


def test_watches_are_listed(client, risk, analyst):
    start_watching(actor=analyst, risk=risk)
    assert analyst.email in text_of(client.get("/admin/risks/watch/"))
