"""Sentences about bulk changes, the same for pages, administration and history."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from risks.models import BulkChange, BulkKind


def title_of(kind: str, count: int) -> str:
    """Return "Set the owner of 12 risks", also the text of the button."""
    titles = {
        BulkKind.OWNER: ngettext(
            "Set the owner of %(count)s risk", "Set the owner of %(count)s risks", count
        ),
        BulkKind.ASSIGNEE: ngettext(
            "Set the assignee of %(count)s risk", "Set the assignee of %(count)s risks", count
        ),
        BulkKind.REVIEWER: ngettext(
            "Set the reviewer of %(count)s risk", "Set the reviewer of %(count)s risks", count
        ),
        BulkKind.CATEGORY: ngettext(
            "Set the category of %(count)s risk", "Set the category of %(count)s risks", count
        ),
        BulkKind.ADD_TAGS: ngettext(
            "Add tags to %(count)s risk", "Add tags to %(count)s risks", count
        ),
        BulkKind.REMOVE_TAGS: ngettext(
            "Remove tags from %(count)s risk", "Remove tags from %(count)s risks", count
        ),
        BulkKind.REPLACE_TAGS: ngettext(
            "Rename tags on %(count)s risk", "Rename tags on %(count)s risks", count
        ),
        BulkKind.TREATMENT: ngettext(
            "Set the treatment of %(count)s risk", "Set the treatment of %(count)s risks", count
        ),
        BulkKind.REVIEW_INTERVAL: ngettext(
            "Set the review interval of %(count)s risk",
            "Set the review interval of %(count)s risks",
            count,
        ),
        BulkKind.NEXT_REVIEW: ngettext(
            "Set the next review of %(count)s risk", "Set the next review of %(count)s risks", count
        ),
        BulkKind.STATUS: ngettext(
            "Change the status of %(count)s risk", "Change the status of %(count)s risks", count
        ),
        BulkKind.DELETE: ngettext("Delete %(count)s risk", "Delete %(count)s risks", count),
    }
    return titles[BulkKind(kind)] % {"count": f"{count:,}"}


def done_sentence(kind: str, count: int) -> str:
    """Return "Owner changed on 12 risks." """
    sentences = {
        BulkKind.ADD_TAGS: ngettext(
            "Tags added to %(count)s risk.", "Tags added to %(count)s risks.", count
        ),
        BulkKind.REMOVE_TAGS: ngettext(
            "Tags removed from %(count)s risk.", "Tags removed from %(count)s risks.", count
        ),
        BulkKind.REPLACE_TAGS: ngettext(
            "Tags renamed on %(count)s risk.", "Tags renamed on %(count)s risks.", count
        ),
        BulkKind.DELETE: ngettext("%(count)s risk deleted.", "%(count)s risks deleted.", count),
    }
    other = ngettext(
        "%(what)s changed on %(count)s risk.", "%(what)s changed on %(count)s risks.", count
    )
    text = sentences.get(BulkKind(kind), other)
    return text % {"what": BulkKind(kind).label, "count": f"{count:,}"}


def same_sentence(count: int) -> str:
    return ngettext(
        "%(count)s risk has this value already.", "%(count)s risks have this value already.", count
    ) % {"count": f"{count:,}"}


def left_out_sentence(count: int) -> str:
    """Return "12 left out", the heading of a reason once the change is applied."""
    return ngettext("%(count)s left out", "%(count)s left out", count) % {"count": f"{count:,}"}


def undone_sentence(count: int) -> str:
    return ngettext(
        "Undone: %(count)s risk has its former value again.",
        "Undone: %(count)s risks have their former values again.",
        count,
    ) % {"count": f"{count:,}"}


def refused_sentence(kind: str, count: int) -> str:
    """Return "12 cannot be changed", the heading of a reason with its references."""
    if kind == BulkKind.DELETE:
        text = ngettext("%(count)s cannot be deleted", "%(count)s cannot be deleted", count)
    else:
        text = ngettext("%(count)s cannot be changed", "%(count)s cannot be changed", count)
    return text % {"count": f"{count:,}"}


def history_comment(change: BulkChange) -> str:
    """Return "Bulk change: owner", with the reason that the person gave."""
    text = _("Bulk change: %(what)s") % {"what": change.get_kind_display().lower()}
    return f"{text}. {change.comment}" if change.comment else text


def undo_comment(change: BulkChange) -> str:
    return _("Undo of the bulk change: %(what)s") % {"what": change.get_kind_display().lower()}
