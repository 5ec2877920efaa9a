"""Sentences about bulk changes, the same for pages, administration and history."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from risks.models import BulkChange, BulkKind, BulkSubject


def title_of(kind: str, count: int, subject: str = BulkSubject.RISK) -> str:
    """Return "Set the owner of 12 risks", also the text of the button."""
    titles = {
        BulkSubject.RISK: risk_titles,
        BulkSubject.ASSET: asset_titles,
        BulkSubject.CONTROL: control_titles,
        BulkSubject.FINDING: finding_titles,
    }
    return titles[BulkSubject(subject)](count)[BulkKind(kind)] % {"count": f"{count:,}"}


def risk_titles(count: int) -> dict[BulkKind, str]:
    return {
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
        BulkKind.CUSTOM_FIELD: ngettext(
            "Set a custom field of %(count)s risk", "Set a custom field of %(count)s risks", count
        ),
        BulkKind.EXTRA_COLUMN: ngettext(
            "Make an imported column of %(count)s risk a field",
            "Make an imported column of %(count)s risks a field",
            count,
        ),
        BulkKind.DELETE: ngettext("Delete %(count)s risk", "Delete %(count)s risks", count),
    }


def asset_titles(count: int) -> dict[BulkKind, str]:
    return {
        BulkKind.OWNER: ngettext(
            "Set the owner of %(count)s asset", "Set the owner of %(count)s assets", count
        ),
        BulkKind.TYPE: ngettext(
            "Set the type of %(count)s asset", "Set the type of %(count)s assets", count
        ),
        BulkKind.CRITICALITY: ngettext(
            "Set the criticality of %(count)s asset",
            "Set the criticality of %(count)s assets",
            count,
        ),
        BulkKind.MERGE: ngettext("Merge %(count)s asset", "Merge %(count)s assets", count),
        BulkKind.DELETE: ngettext("Delete %(count)s asset", "Delete %(count)s assets", count),
    }


def control_titles(count: int) -> dict[BulkKind, str]:
    return {
        BulkKind.STATUS: ngettext(
            "Set the status of %(count)s control", "Set the status of %(count)s controls", count
        ),
        BulkKind.OWNER: ngettext(
            "Set the owner of %(count)s control", "Set the owner of %(count)s controls", count
        ),
        BulkKind.STATEMENT: ngettext(
            "Change the status of %(count)s control to that of the file",
            "Change the statuses of %(count)s controls to those of the file",
            count,
        ),
        BulkKind.DELETE: ngettext("Delete %(count)s control", "Delete %(count)s controls", count),
    }


def finding_titles(count: int) -> dict[BulkKind, str]:
    return {
        BulkKind.ACCEPT: ngettext("Accept %(count)s finding", "Accept %(count)s findings", count),
        BulkKind.FALSE_POSITIVE: ngettext(
            "Call %(count)s finding a false positive",
            "Call %(count)s findings false positives",
            count,
        ),
        BulkKind.REOPEN: ngettext("Reopen %(count)s finding", "Reopen %(count)s findings", count),
        BulkKind.MAKE_RISK: ngettext(
            "Make a risk of %(count)s finding", "Make one risk of %(count)s findings", count
        ),
        BulkKind.ATTACH_RISK: ngettext(
            "Attach %(count)s finding to a risk", "Attach %(count)s findings to a risk", count
        ),
    }


def finding_sentences(count: int) -> dict[BulkKind, str]:
    return {
        BulkKind.ACCEPT: ngettext(
            "%(count)s finding accepted.", "%(count)s findings accepted.", count
        ),
        BulkKind.FALSE_POSITIVE: ngettext(
            "%(count)s finding is a false positive.",
            "%(count)s findings are false positives.",
            count,
        ),
        BulkKind.REOPEN: ngettext(
            "%(count)s finding is open again.", "%(count)s findings are open again.", count
        ),
        BulkKind.MAKE_RISK: ngettext(
            "Risk made of %(count)s finding.", "Risk made of %(count)s findings.", count
        ),
        BulkKind.ATTACH_RISK: ngettext(
            "%(count)s finding attached.", "%(count)s findings attached.", count
        ),
    }


def done_sentence(kind: str, count: int, subject: str = BulkSubject.RISK) -> str:
    """Return "Owner changed on 12 risks." """
    if subject == BulkSubject.FINDING:
        return finding_sentences(count)[BulkKind(kind)] % {"count": f"{count:,}"}
    if subject == BulkSubject.ASSET:
        if kind == BulkKind.DELETE:
            text = ngettext("%(count)s asset deleted.", "%(count)s assets deleted.", count)
        elif kind == BulkKind.MERGE:
            text = ngettext("%(count)s asset merged.", "%(count)s assets merged.", count)
        else:
            text = ngettext(
                "%(what)s changed on %(count)s asset.",
                "%(what)s changed on %(count)s assets.",
                count,
            )
        return text % {"what": BulkKind(kind).label, "count": f"{count:,}"}
    if subject == BulkSubject.CONTROL:
        if kind == BulkKind.DELETE:
            text = ngettext("%(count)s control deleted.", "%(count)s controls deleted.", count)
        elif kind == BulkKind.OWNER:
            text = ngettext(
                "Owner changed on %(count)s control.",
                "Owner changed on %(count)s controls.",
                count,
            )
        else:
            text = ngettext(
                "Status changed on %(count)s control.",
                "Status changed on %(count)s controls.",
                count,
            )
        return text % {"count": f"{count:,}"}
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
        "%(count)s has this value already.", "%(count)s have this value already.", count
    ) % {"count": f"{count:,}"}


def left_out_sentence(count: int) -> str:
    """Return "12 left out", the heading of a reason once the change is applied."""
    return ngettext("%(count)s left out", "%(count)s left out", count) % {"count": f"{count:,}"}


def undone_sentence(count: int, subject: str = BulkSubject.RISK) -> str:
    if subject == BulkSubject.ASSET:
        text = ngettext(
            "Undone: %(count)s asset has its former value again.",
            "Undone: %(count)s assets have their former values again.",
            count,
        )
    elif subject == BulkSubject.CONTROL:
        text = ngettext(
            "Undone: %(count)s control has its former value again.",
            "Undone: %(count)s controls have their former values again.",
            count,
        )
    elif subject == BulkSubject.FINDING:
        text = ngettext(
            "Undone: %(count)s finding is as it was.",
            "Undone: %(count)s findings are as they were.",
            count,
        )
    else:
        text = ngettext(
            "Undone: %(count)s risk has its former value again.",
            "Undone: %(count)s risks have their former values again.",
            count,
        )
    return text % {"count": f"{count:,}"}


# --- Refusals of the whole change


def too_many_sentence(subject: str, most: int) -> str:
    texts = {
        BulkSubject.RISK: _(
            "At most %(most)s risks can be changed at once. Use filters to choose fewer."
        ),
        BulkSubject.ASSET: _(
            "At most %(most)s assets can be changed at once. Use filters to choose fewer."
        ),
        BulkSubject.FINDING: _(
            "At most %(most)s findings can be changed at once. Use filters to choose fewer."
        ),
        BulkSubject.CONTROL: _(
            "At most %(most)s controls can be changed at once. Use filters to choose fewer."
        ),
    }
    return texts[BulkSubject(subject)] % {"most": f"{most:,}"}


def none_chosen_sentence(subject: str) -> str:
    texts = {
        BulkSubject.RISK: _("Choose at least one risk of this organization."),
        BulkSubject.ASSET: _("Choose at least one asset of this organization."),
        BulkSubject.FINDING: _("Choose at least one finding of this organization."),
        BulkSubject.CONTROL: _("Choose at least one control of this organization."),
    }
    return texts[BulkSubject(subject)]


def some_refused_sentence(subject: str) -> str:
    texts = {
        BulkSubject.RISK: _(
            "Some of the risks cannot be changed. Leave them out, or choose others."
        ),
        BulkSubject.ASSET: _(
            "Some of the assets cannot be changed. Leave them out, or choose others."
        ),
        BulkSubject.FINDING: _(
            "Some of the findings cannot be changed. Leave them out, or choose others."
        ),
        BulkSubject.CONTROL: _(
            "Some of the controls cannot be changed. Leave them out, or choose others."
        ),
    }
    return texts[BulkSubject(subject)]


def outdated_sentence(subject: str, references: str) -> str:
    texts = {
        BulkSubject.RISK: _(
            "Risks have changed since the preview: %(references)s. Preview again, then apply."
        ),
        BulkSubject.ASSET: _(
            "Assets have changed since the preview: %(references)s. Preview again, then apply."
        ),
        BulkSubject.FINDING: _(
            "Findings have changed since the preview: %(references)s. Preview again, then apply."
        ),
        BulkSubject.CONTROL: _(
            "Controls have changed since the preview: %(references)s. Preview again, then apply."
        ),
    }
    return texts[BulkSubject(subject)] % {"references": references}


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
