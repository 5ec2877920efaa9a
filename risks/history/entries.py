"""Entries of a history: one for each action, with a sentence, its reason and folded details.

The page of a risk, "My work" and the administration all show these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.accounts.models import User
from openrisk.database.labels import model_of_label
from risks.history.custom_values import split_custom_fields
from risks.history.descriptions import FieldChange, Names, load_names
from risks.history.reading import changes_of, normalize_changes
from risks.history.recorded_models import link_fields
from risks.history.sentences import (
    MergedChange,
    Subject,
    clauses_of,
    describe_merged,
    join_clauses,
)
from risks.models import ChangeAction, CustomField, ImportRun, Source
from risks.scoring import KINDS

PAGE_SIZE = 50  # changes that are read for a page; its last action is shown whole
MOST_CLAUSES = 4  # of a sentence; details have all
COLUMNS = (
    *("id", "at", "model", "object_id", "action", "actor_id", "comment", "request_id", "run_id"),
    *("changes", "organization_id"),
)
# Reasons that services give where a person gave none: the sentence says the same.
OWN_REASONS = {"Reviewed", "Bulk change", *(f"Confirmed the {kind} rating" for kind in KINDS)}
OF_RUNS = ("Import of ", "Undo of the import of ")

Subjects = Mapping[UUID, Subject | None]


@dataclass(frozen=True)
class RowChange:
    """The part of an action that concerns one row."""

    object_id: UUID
    action: str
    clauses: list[str]
    fields: list[FieldChange]
    noun: str

    @property
    def sentence(self) -> str:
        return shorten_sentence(self.clauses)


@dataclass(frozen=True)
class HistoryEntry:
    """One action: all that one person changed in one transaction, with the reason.

    `source` says through what: "by import of hospital.csv". An entry that `is_comment` has only a
    `comment`, as comments were before they had rows of their own.
    """

    id: int
    at: datetime
    actor: str
    source: str
    comment: str
    changes: list[RowChange]

    @property
    def is_comment(self) -> bool:
        return not self.changes

    @cached_property
    def sentence(self) -> str:
        """Return "set treatment to Mitigate and rated the residual risk 3 x 4"."""
        if self.is_comment:
            return _("commented")
        return shorten_sentence([clause for change in self.changes for clause in change.clauses])

    @property
    def has_details(self) -> bool:
        return any(change.fields for change in self.changes)


@dataclass(frozen=True)
class HistoryPage:
    entries: list[HistoryEntry]
    older: int | None  # the id before which the next page begins; None on the last page


def shorten_sentence(clauses: list[str]) -> str:
    more = len(clauses) - MOST_CLAUSES
    if more > 1:
        rest = ngettext("%(count)s more change", "%(count)s more changes", more) % {"count": more}
        clauses = [*clauses[:MOST_CLAUSES], rest]
    return join_clauses(clauses)


def load_history(
    subjects: Subjects,
    before: int | None = None,
    *,
    known: Iterable[Model] = (),
    comments: bool | None = None,
) -> HistoryPage:
    """Load the actions on the rows `subjects`, the latest first.

    A subject that is None is named by its kind and its row. Where a change mentions one of the
    `known` rows, its name needs no query. `comments` asks for old comments only, or for all else.
    """
    recorded = changes_of(*subjects)
    if comments is not None:
        is_comment = Q(action=ChangeAction.UPDATED, changes={})
        recorded = recorded.filter(is_comment if comments else ~is_comment)
    if before is not None:
        recorded = recorded.filter(id__lt=before)
    rows, has_older = read_whole_actions(recorded)
    entries = describe_actions(rows, subjects, known)
    return HistoryPage(entries, rows[-1]["id"] if rows and has_older else None)


def read_whole_actions(recorded: QuerySet[Any]) -> tuple[list[dict[str, Any]], bool]:
    """Return about a page of changes that end with an action, and whether there are older ones.

    An action with more changes than that is cut off, and goes on on the next page.
    """
    rows = list(recorded.values(*COLUMNS)[: PAGE_SIZE + 1])
    if len(rows) <= PAGE_SIZE:
        return rows, False
    first_left_out = rows.pop()
    whole = [row for row in rows if action_key(row) != action_key(first_left_out)]
    return whole or rows, True


def action_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what all changes of one recorded transaction have in common."""
    return row["at"], row["actor_id"], row["request_id"], row["run_id"]


def describe_actions(
    rows: list[dict[str, Any]], subjects: Subjects, known: Iterable[Model] = ()
) -> list[HistoryEntry]:
    """Make entries of these changes (`COLUMNS`), which are sorted with the latest first."""
    for row in rows:
        row["changes"] = normalize_changes(row["model"], row["changes"])
    labels = split_custom_fields(rows)
    known = list(known)
    names = load_names([(row["model"], row["changes"]) for row in rows], known) | {
        (CustomField, name): label for name, label in labels.items()
    }
    nouns = name_subjects(rows, subjects, known)
    people = name_people(rows, known)
    sources = name_sources(rows)
    actions: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        # A comment stands alone: one action can have left several, each with its text.
        is_comment = row["action"] == ChangeAction.UPDATED and not row["changes"]
        key = (*action_key(row), row["id"] if is_comment else None)
        actions.setdefault(key, []).append(row)
    entries = []
    for action in actions.values():
        first = action[0]
        changes = merge_changes(action[::-1], nouns, names)
        is_comment = first["action"] == ChangeAction.UPDATED and not first["changes"]
        if changes or is_comment:
            entry = HistoryEntry(
                first["id"],
                first["at"],
                people.get(first["actor_id"], _("A deleted account")),
                source_of(action, sources),
                first["comment"] if is_comment else reason_of(action),
                changes,
            )
            entries.append(entry)
    return entries


def merge_changes(
    rows: list[dict[str, Any]], nouns: Mapping[UUID, Subject], names: Names
) -> list[RowChange]:
    """Merge what one action did to each row, in the order in which it happened."""
    by_row: dict[tuple[str, UUID], list[dict[str, Any]]] = {}
    for row in rows:
        by_row.setdefault((row["model"], row["object_id"]), []).append(row)
    changes = []
    for (model, object_id), own in by_row.items():
        actions = [row["action"] for row in own]
        action = ChangeAction.UPDATED.value
        for decisive in (ChangeAction.DELETED.value, ChangeAction.CREATED.value):
            action = decisive if decisive in actions else action
        merged = MergedChange(model, action, merge_fields(model, own))
        if action == ChangeAction.UPDATED and not merged.fields:
            continue
        subject = nouns[object_id]
        clauses = clauses_of(merged, subject, names)
        if clauses:
            fields = describe_merged(merged, names)
            changes.append(RowChange(object_id, action, clauses, fields, subject.noun))
    return changes


def merge_fields(model: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Any, Any]]:
    """Return each field's first value and its last; of links what was removed and added."""
    links = link_fields(model)
    fields: dict[str, tuple[Any, Any]] = {}
    for row in rows:
        for name, (before, after) in row["changes"].items():
            if name in links:
                removed, added = fields.setdefault(name, ([], []))
                removed += [before] if before is not None else []
                added += [after] if after is not None else []
            else:
                fields[name] = (fields.get(name, (before, None))[0], after)
    return fields


def name_subjects(
    rows: Iterable[Mapping[str, Any]], subjects: Subjects, known: Iterable[Model]
) -> dict[UUID, Subject]:
    """Return a name for each changed row, with one query for each kind that has none given."""
    nouns = {pk: subject for pk, subject in subjects.items() if subject is not None}
    titles = {row.pk: str(row) for row in known}
    unnamed: dict[str, set[UUID]] = {}
    for row in rows:
        if row["object_id"] not in nouns:
            unnamed.setdefault(row["model"], set()).add(row["object_id"])
    for label, pks in unnamed.items():
        model = model_of_label(label)
        missing = [pk for pk in pks if pk not in titles]
        named = model._default_manager.select_related().filter(pk__in=missing)
        titles |= {row.pk: str(row) for row in named}
        for pk in pks:
            kind = str(model._meta.verbose_name)
            title = titles.get(pk)
            nouns[pk] = Subject(f"{kind} “{title}”" if title else _("a deleted %s") % kind)
    return nouns


def name_people(
    rows: Iterable[Mapping[str, Any]], known: Iterable[Model] = ()
) -> dict[UUID | None, str]:
    """Return the names of those who acted; the system has no account."""
    names: dict[UUID | None, str] = {row.pk: str(row) for row in known if isinstance(row, User)}
    missing = {row["actor_id"] for row in rows} - {None} - names.keys()
    if missing:
        names |= {user.pk: str(user) for user in User.objects.filter(pk__in=missing)}
    names[None] = _("The system")
    return names


def name_sources(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, str]:
    """Return through what the runs of these changes came: "import of hospital.csv"."""
    runs = {row["run_id"] for row in rows} - {None}
    if not runs:
        return {}
    columns = ("pk", "source", "source_name", "file_name")
    texts = {
        Source.CONNECTOR.value: _("app %(source_name)s"),
        Source.PACK.value: _("content pack %(source_name)s"),
    }
    return {
        run.pop("pk"): texts.get(run["source"], _("import of %(file_name)s")) % run
        for run in ImportRun.objects.filter(pk__in=runs).values(*columns)
    }


def source_of(rows: list[dict[str, Any]], sources: Mapping[UUID, str]) -> str:
    source = sources.get(rows[0]["run_id"])
    if source is None:
        return _("by an import") if rows[0]["run_id"] else ""
    if any(row["comment"].startswith("Undo of ") for row in rows):
        return _("by undoing the %(source)s") % {"source": source}
    return _("by %(source)s") % {"source": source}


def reason_of(rows: list[dict[str, Any]]) -> str:
    """Return the reasons of an action, without those that only repeat what was done."""
    reasons = dict.fromkeys(
        row["comment"]
        for row in rows[::-1]
        if not (row["run_id"] and row["comment"].startswith(OF_RUNS))
    )
    return "\n".join(reason for reason in reasons if reason and reason not in OWN_REASONS)
