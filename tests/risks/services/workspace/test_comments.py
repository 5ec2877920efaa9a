"""Comments: posted, edited and deleted, by whom, and what the history keeps of them."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from openrisk.errors import Conflict, StaleVersion
from risks.history import recorded
from risks.models import Change, Comment
from risks.services.risks import delete_risk, update_risk
from risks.services.workspace.comments import delete_comment, edit_comment, post_comment
from tests.risks.factories import make_comment, make_mitigation, make_risk


def test_comment_has_its_author_and_time(organization, analyst):
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    with recorded(actor=analyst, at=at):
        comment = make_comment(make_risk(organization), analyst, " Asked the supplier ")
    assert (comment.text, comment.author, comment.created_at) == (
        "Asked the supplier",
        analyst,
        at,
    )


def test_comment_on_a_mitigation_belongs_to_its_risk_too(organization, analyst):
    mitigation = make_mitigation(make_risk(organization))
    comment = make_comment(mitigation, analyst)
    assert (comment.risk_id, comment.subject) == (mitigation.risk_id, mitigation)


@pytest.mark.parametrize("text", ["", " \n ", "\u200b", "x" * 5001])
def test_empty_and_endless_comments_are_refused(organization, analyst, text):
    with pytest.raises(ValidationError):
        post_comment(actor=analyst, risk=make_risk(organization), text=text)
    assert not Comment.objects.exists()


def test_comment_needs_exactly_one_subject(organization, analyst):
    mitigation = make_mitigation(make_risk(organization))
    for subjects in ({}, {"risk": mitigation.risk, "mitigation": mitigation}):
        with pytest.raises(ValidationError, match="either a risk or a mitigation"):
            post_comment(actor=analyst, text="Seen", **subjects)


def test_author_edits_and_the_history_has_both_texts(organization, analyst):
    comment = make_comment(make_risk(organization), analyst, "Befor")
    edited = edit_comment(actor=analyst, instance=comment, text="Before", version=1)
    assert (edited.text, edited.edited_at is None, edited.version) == ("Before", False, 2)
    change = Change.objects.filter(object_id=comment.pk).first()
    assert change.changes["text"] == ["Befor", "Before"]


def test_same_text_is_no_edit(organization, analyst):
    comment = make_comment(make_risk(organization), analyst)
    assert edit_comment(actor=analyst, instance=comment, text="Seen ").edited_at is None


def test_others_and_stale_versions_do_not_edit(organization, analyst, manager):
    comment = make_comment(make_risk(organization), analyst)
    with pytest.raises(PermissionDenied, match="Only its author"):
        edit_comment(actor=manager, instance=comment, text="Mine now")
    with pytest.raises(StaleVersion):
        edit_comment(actor=analyst, instance=comment, text="Late", version=7)


@pytest.mark.parametrize("person", ["analyst", "manager"])
def test_author_and_managers_delete_the_text_but_not_the_row(
    organization, analyst, person, request
):
    actor = request.getfixturevalue(person)
    comment = make_comment(make_risk(organization), analyst, f"Ask @{analyst.email}")
    deleted = delete_comment(actor=actor, instance=comment, version=1)
    assert (deleted.text, deleted.deleted_by, deleted.mentions.count()) == ("", actor, 0)
    assert "Ask" in str(Change.objects.filter(object_id=comment.pk).values_list("changes"))


def test_other_people_do_not_delete_and_nothing_is_deleted_twice(
    organization, analyst, manager, viewer
):
    comment = make_comment(make_risk(organization), manager)
    with pytest.raises(PermissionDenied, match="author or a manager"):
        delete_comment(actor=analyst, instance=comment)
    first = delete_comment(actor=manager, instance=comment)
    assert delete_comment(actor=manager, instance=comment).version == first.version
    with pytest.raises(Conflict, match="was deleted"):
        edit_comment(actor=manager, instance=comment, text="Back")


def test_reason_without_a_change_becomes_a_comment(organization, analyst):
    risk = make_risk(organization)
    update_risk(actor=analyst, instance=risk, title=risk.title, comment="Looked at it")
    update_risk(actor=analyst, instance=risk, title="Other", comment="Better words")
    assert [comment.text for comment in Comment.objects.all()] == ["Looked at it"]


def test_comments_go_with_their_risk(organization, analyst):
    risk = make_risk(organization)
    make_comment(make_mitigation(risk), analyst)
    delete_risk(actor=analyst, instance=risk)
    assert not Comment.objects.exists()
