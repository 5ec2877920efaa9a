"""Life of a bulk change: previewed, applied in batches, undone in batches.

Each batch is one transaction. It locks its rows, looks at them again and leaves out those that
someone has changed since the preview. A change of at most `BATCH` rows is thereby all or nothing.
`risks.tasks` calls `run_batches` until nothing is left; a call that is repeated goes on where the
last one ended.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.database.statements import allow_long_statements
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import BulkChange, BulkChangeRow, BulkRowOutcome, BulkState
from risks.services.bulk_changes.kinds import rules_for, rules_of
from risks.services.bulk_changes.plan import PlannedRow, Refusals, count_rows
from risks.services.bulk_changes.rules import BulkRules, lock_rows
from risks.services.bulk_changes.subjects import RISKS, SUBJECTS, SubjectModel, subject_of
from risks.services.bulk_changes.wording import (
    history_comment,
    none_chosen_sentence,
    outdated_sentence,
    some_refused_sentence,
    too_many_sentence,
    undo_comment,
)
from risks.services.deletion import deleted_together
from risks.services.rows import field_error, lock_for_update, save_fields
from risks.text import clean_text

BATCH = 1000
MAX_RISKS = 100_000
MAX_LISTED = 20  # references that a refusal lists
EXAMPLES = 10
KEEP_PREVIEWS = timedelta(days=1)


class BulkPreviewOutdated(Conflict):
    """Risks of the selection have changed since the preview."""

    code = "preview_outdated"


class RisksRefused(Conflict):
    """Some of the risks cannot be changed, and the caller wants all or none."""

    code = "risks_refused"


# --- Selection


def find_by_references(
    organization: Organization, references: Iterable[str], subject: SubjectModel = RISKS
) -> tuple[QuerySet[Any], list[str]]:
    """Return the rows with these references, and the references, each once."""
    names = list(dict.fromkeys(str(name).strip() for name in references))
    if len(names) > MAX_RISKS:
        raise too_many_rows(subject)
    keys = dict.fromkeys(subject.parse(name) for name in names)
    return subject.with_keys(organization, [key for key in keys if key is not None]), names


def too_many_rows(subject: SubjectModel) -> Exception:
    return field_error("references", too_many_sentence(subject.name, MAX_RISKS))


# --- Preview


def preview_change(
    *,
    actor: User | None,
    organization: Organization,
    kind: str,
    value: Any,
    rows: QuerySet[Any],
    comment: str = "",
    query: str = "",
    references: Sequence[str] = (),
) -> BulkChange:
    """Save what the change would do to `rows`. The register stays as it is.

    Those of `references`, where rows were chosen by them, that no row here has are listed.
    """
    subject = subject_of(rows).name
    rules = rules_of(kind, organization, subject)
    change = BulkChange(
        organization=organization,
        subject=subject,
        kind=kind,
        value=rules.clean(value),
        comment=clean_comment(rules, comment),
        query=query,
        actor=actor,
    )
    rules.change = change
    change.value_label = rules.label(change.value)
    with recorded(actor=actor):
        plan_change(change, rules, rows, references)
        change.save()
    return change


def clean_comment(rules: BulkRules, comment: str) -> str:
    """Return the reason without superfluous space; raise where the change needs one."""
    text = clean_text(comment)
    if rules.needs_comment and not text:
        raise field_error("comment", _("Give the reason: it is shown with each of them."))
    return text


def preview_again(*, actor: User | None, change: BulkChange) -> BulkChange:
    """Preview the same change of the same rows as they are now."""
    with recorded(actor=actor):
        change = lock_for_update(change)
        refuse_unless(change, BulkState.PREVIEWED)
        rules = rules_for(change)
        subject = rules.subject
        keys = change.selection[subject.keys_name]
        names = [*change.summary["missing"], *map(str, keys)]
        plan_change(change, rules, subject.with_keys(change.organization, keys), names)
        change.version += 1
        change.save()
    return change


def plan_change(
    change: BulkChange, rules: BulkRules, chosen: QuerySet[Any], references: Sequence[str]
) -> None:
    """Set selection, digest and summary of the change."""
    subject = rules.subject
    selected = rules.read(chosen.order_by(subject.key)[: MAX_RISKS + 1])
    if len(selected) > MAX_RISKS:
        raise too_many_rows(subject)
    if not selected:
        raise field_error("references", none_chosen_sentence(subject.name))
    rows = rules.plan(selected, change.value)
    existing = {row.key for row in selected}
    refusals = Refusals()
    refusals.add(rows)
    change.selection = {
        subject.keys_name: [row.key for row in selected],
        "versions": [row.version for row in selected],
    }
    change.digest = digest_selection(*change.selection.values())
    change.total, change.done = len(selected), 0
    change.summary = {
        "counts": count_rows(rows),
        "refusals": refusals.as_list(),
        "examples": list_examples(rules, [row for row in rows if row.is_change][:EXAMPLES]),
        "warnings": rules.warnings(rows, change.value),
        "missing": missing_names(subject, references, existing),
    }


def missing_names(
    subject: SubjectModel, references: Sequence[str], existing: set[Any]
) -> list[str]:
    """Return the references that no row has, as people write them."""
    missing = ((name, subject.parse(name)) for name in references)
    return [
        name if key is None else subject.name_of(key)
        for name, key in missing
        if key not in existing
    ]


def digest_selection(keys: Sequence[Any], versions: Sequence[int]) -> str:
    """Return a digest of the rows and their versions."""
    return hashlib.sha256(f"{keys}{versions}".encode()).hexdigest()


def list_examples(rules: BulkRules, rows: Sequence[PlannedRow]) -> list[dict[str, str]]:
    """Return reference, title, and the value before and after of some rows."""
    subject = rules.subject
    titles: dict[Any, str] = {}
    if subject.title != subject.reference:
        shown = rules.subject.rows_of(rules.organization).filter(
            pk__in=[row.target.pk for row in rows]
        )
        titles = dict(shown.values_list("pk", subject.title))
    before = rules.labels([row.before for row in rows])
    after = rules.labels([row.after for row in rows])
    return [
        {
            "reference": row.target.reference,
            "title": titles.get(row.target.pk, ""),
            "before": before[index],
            "after": after[index],
        }
        for index, row in enumerate(rows)
    ]


# --- Apply


def begin_change(
    *, actor: User | None, change: BulkChange, digest: str, leave_out_refused: bool = False
) -> BulkChange:
    """Let the change be applied as it was previewed, or raise Conflict.

    `digest` is that of the preview which the person saw. Rows that are refused stop the whole
    change, unless it is to leave them out.
    """
    with recorded(actor=actor):
        change = lock_for_update(change)
        refuse_unless(change, BulkState.PREVIEWED)
        if digest != change.digest:
            raise BulkPreviewOutdated(_("This is not the latest preview. Look at it again."))
        refuse_outdated(change)
        counts = change.summary["counts"]
        if not counts["changed"]:
            raise Conflict(_("Nothing would change."))
        if counts["refused"] and not leave_out_refused:
            raise RisksRefused(
                some_refused_sentence(change.subject),
                *(group["reason"] for group in change.summary["refusals"][:MAX_LISTED]),
            )
        value = rules_for(change).begin(change)
        return set_state(
            change,
            BulkState.APPLYING,
            total=change.total,
            applied_at=timezone.now(),
            value=value,
        )


def find_outdated(change: BulkChange) -> list[str]:
    """Return the references of rows that were changed or deleted since the preview."""
    subject = SUBJECTS[change.subject]
    keys, versions = change.selection[subject.keys_name], change.selection["versions"]
    rows = subject.with_keys(change.organization, keys).order_by()
    current = {subject.key_to_json(k): v for k, v in rows.values_list(subject.key, "version")}
    seen = zip(keys, versions, strict=True)
    outdated = [key for key, version in seen if current.get(key) != version]
    return subject.names_of_keys(change.organization, outdated[: MAX_LISTED + 1])


def refuse_outdated(change: BulkChange) -> None:
    if outdated := find_outdated(change):
        more = " …" if len(outdated) > MAX_LISTED else ""
        raise BulkPreviewOutdated(
            outdated_sentence(change.subject, ", ".join(outdated[:MAX_LISTED]) + more)
        )


def run_batches(change: BulkChange, most: int | None = None) -> bool:
    """Handle up to `most` batches of a change that was begun; return whether all are done."""
    handled = 0
    while most is None or handled < most:
        if not run_batch(change):
            return True
        handled += 1
    return False


def run_batch(change: BulkChange) -> bool:
    """Apply or undo one batch; return whether there may be more of them."""
    step = {BulkState.APPLYING: apply_batch, BulkState.UNDOING: undo_batch}.get(change.state)  # type: ignore[call-overload]
    if step is None:
        return False
    undoes = step is undo_batch
    actor = change.undone_by if undoes else change.actor
    comment = undo_comment(change) if undoes else history_comment(change)
    with recorded(actor=actor, comment=comment, run_id=change.pk):
        allow_long_statements()
        current = lock_for_update(change)
        if current.state == change.state:
            current.done = min(current.total, current.done + step(current))
            current.updated_at = timezone.now()
            current.save(update_fields=["done", "updated_at"])
            if current.done == current.total:
                rules_for(current).end(current, undone=undoes)
                finished = BulkState.UNDONE if undoes else BulkState.APPLIED
                set_state(current, finished)
    vars(change).update(vars(current))
    return change.is_running


def apply_batch(change: BulkChange) -> int:
    """Change the next rows of the selection; return how many were looked at."""
    part = slice(change.done, change.done + BATCH)
    rules = rules_for(change)
    subject = rules.subject
    keys, versions = change.selection[subject.keys_name][part], change.selection["versions"][part]
    locked = lock_rows(subject, change.organization, **{f"{subject.key}__in": keys})
    rows = rules.plan(rules.read(locked), change.value)
    seen = dict(zip(keys, versions, strict=True))
    chosen = [row for row in rows if row.is_change and row.target.version == seen[row.target.key]]
    left = [row for row in rows if row.is_change and row.target.version != seen[row.target.key]]
    if chosen:
        with deleted_together(change.pk):
            rules.write(chosen, change.value, change.actor)
    reason = _("Someone changed it while this ran.")
    BulkChangeRow.objects.bulk_create(
        [
            *(record_row(change, row, BulkRowOutcome.CHANGED) for row in chosen),
            *(record_row(change, row, BulkRowOutcome.LEFT, reason) for row in left),
        ],
        batch_size=BATCH,
    )
    return len(keys)


def record_row(
    change: BulkChange, row: PlannedRow, outcome: str, reason: str = ""
) -> BulkChangeRow:
    return BulkChangeRow(
        organization_id=change.organization_id,
        change=change,
        object_id=row.target.pk,
        reference=row.target.reference,
        before=row.before,
        after=row.after,
        outcome=outcome,
        reason=reason,
    )


# --- Undo


def begin_undo(*, actor: User | None, change: BulkChange) -> BulkChange:
    """Let the change be undone, or raise Conflict."""
    with recorded(actor=actor):
        change = lock_for_update(change)
        refuse_unless(change, BulkState.APPLIED, BulkState.FAILED)
        total = change.rows.filter(outcome=BulkRowOutcome.CHANGED).count()
        if not total:
            raise Conflict(_("This change altered nothing. There is nothing to undo."))
        return set_state(
            change, BulkState.UNDOING, total=total, undone_by=actor, undone_at=timezone.now()
        )


def undo_batch(change: BulkChange) -> int:
    """Restore the next rows; return how many were looked at."""
    rows = list(change.rows.filter(outcome=BulkRowOutcome.CHANGED).order_by("id")[:BATCH])
    kept = rules_for(change).undo(rows, change.undone_by) if rows else {}
    restored = [row.pk for row in rows if row.object_id not in kept]
    change.rows.filter(pk__in=restored).update(outcome=BulkRowOutcome.RESTORED)
    left = [row for row in rows if row.object_id in kept]
    for row in left:
        row.outcome, row.reason = BulkRowOutcome.KEPT, kept[row.object_id]
    BulkChangeRow.objects.bulk_update(left, ["outcome", "reason"], batch_size=250)
    return len(rows) or change.total


# --- States


def refuse_unless(change: BulkChange, *states: str) -> None:
    if change.state not in states:
        state = change.get_state_display().lower()
        raise Conflict(_("This change is %(state)s already.") % {"state": state})


def set_state(change: BulkChange, state: str, **fields: Any) -> BulkChange:
    if state in BulkState.running():
        fields |= {"done": 0, "error": ""}
    save_fields(change, {"state": state, **fields})
    return change


def fail_change(change: BulkChange, error: str) -> bool:
    """Stop a change that cannot go on; return whether it was still running.

    What it changed so far can be undone.
    """
    with recorded(actor=change.actor):
        current = lock_for_update(change)
        was_running = current.is_running and current.state == change.state
        if was_running:
            set_state(current, BulkState.FAILED, error=error)
    return was_running


def delete_old_previews() -> int:
    """Delete previews that no one applied within a day; return how many."""
    old = timezone.now() - KEEP_PREVIEWS
    previews = BulkChange.objects.filter(state=BulkState.PREVIEWED, updated_at__lt=old)
    return int(previews.delete()[0])
