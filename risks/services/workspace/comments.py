"""Comments on risks and mitigations: post, edit, delete.

Authors edit and delete their own; managers delete any. The history keeps every text.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.members.memberships import membership_of
from openrisk.accounts.models import Membership, Role, User
from openrisk.errors import Conflict
from openrisk.limits import COMMENT
from risks.history import recorded
from risks.history.comments import record_comment
from risks.history.context import current_context
from risks.models import Comment, Mention, Mitigation, Risk
from risks.services import rows
from risks.services.workspace.mentions import AmbiguousName, find_mentions
from risks.text import clean_text


def post_comment(
    *,
    actor: User | None,
    text: str,
    risk: Risk | None = None,
    mitigation: Mitigation | None = None,
) -> Comment:
    """Post a comment on a risk or on a mitigation, and mention the members whom it names."""
    if (risk is None) == (mitigation is None):
        raise rows.field_error("risk", _("Name either a risk or a mitigation."))
    subject: Any = mitigation or risk
    with recorded(actor=actor):
        comment = Comment(
            organization=subject.organization,
            risk_id=mitigation.risk_id if mitigation else subject.pk,
            mitigation=mitigation,
            author=actor,
            created_at=current_context().moment,
        )
        save_text(comment, text)
    return comment


def keep_comment(actor: User | None, instance: Any, comment: str) -> None:
    """Keep a reason that came without a change: as a comment where rows of its kind have comments.

    Within `recorded`, and with the row locked.
    """
    kind = {Risk: "risk", Mitigation: "mitigation"}.get(type(instance))
    if kind:
        post_comment(actor=actor, text=comment, **{kind: instance})  # type: ignore[arg-type]
    else:
        record_comment(instance, comment)


def edit_comment(
    *,
    actor: User | None,
    instance: Comment,
    text: str | None = None,
    version: int | None = None,
) -> Comment:
    """Change the text of one's own comment, and whom it mentions; without a text, nothing."""
    with recorded(actor=actor):
        comment = rows.lock_for_update(instance, version)
        if comment.is_deleted:
            raise Conflict(_("This comment was deleted. Write a new one."))
        if actor is not None and comment.author_id != actor.pk:
            raise PermissionDenied(_("Only its author can edit a comment. Write one of your own."))
        if text is not None and clean_text(text) != comment.text:
            comment.edited_at = timezone.now()
            save_text(comment, text)
    return comment


def save_text(comment: Comment, text: str) -> None:
    """Save the comment with this text and its mentions. Within `recorded`."""
    text = clean_text(text)
    if not text:
        raise rows.field_error("text", _("Write a comment first."))
    if len(text) > COMMENT:
        raise rows.field_error(
            "text",
            _("A comment has at most %(limit)s characters; this one has %(length)s. Shorten it.")
            % {"limit": f"{COMMENT:,}", "length": f"{len(text):,}"},
        )
    try:
        mentions = find_mentions(comment.organization, text)
    except AmbiguousName as ambiguous:
        raise rows.field_error("text", str(ambiguous)) from None
    rows.save_fields(comment, {"text": text})
    present = dict(comment.mentions.values_list("user", "written"))
    written = {user.pk: name for user, name in mentions.items()}
    gone = [user for user, name in present.items() if written.get(user) != name]
    if gone:
        comment.mentions.filter(user__in=gone).delete()
    Mention.objects.bulk_create(
        Mention(organization_id=comment.organization_id, comment=comment, user=user, written=name)
        for user, name in mentions.items()
        if present.get(user.pk) != name
    )


def delete_comment(*, actor: User | None, instance: Comment, version: int | None = None) -> Comment:
    """Take the text away and keep the row, which says who deleted it. Its history has the text."""
    with recorded(actor=actor):
        comment = rows.lock_for_update(instance, version)
        if comment.is_deleted:
            return comment
        member = membership_of(actor, comment.organization) if actor else None
        if actor is not None and not can_delete(member, comment):
            raise PermissionDenied(_("Only its author or a manager can delete a comment."))
        comment.mentions.all().delete()
        deleted = {"text": "", "deleted_at": timezone.now(), "deleted_by": actor}
        rows.save_fields(comment, deleted)
    return comment


def can_edit(member: Membership | None, comment: Comment) -> bool:
    """Whether the member may change the text: the author, of a comment that is not deleted."""
    return member is not None and not comment.is_deleted and comment.author_id == member.user_id


def can_delete(member: Membership | None, comment: Comment) -> bool:
    """Whether the member may delete it: the author, or a manager."""
    if member is None or comment.is_deleted:
        return False
    return comment.author_id == member.user_id or member.has_role(Role.MANAGER)
