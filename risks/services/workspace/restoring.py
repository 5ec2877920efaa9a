"""Write the rows of a snapshot again, with their keys, numbers and references.

What they led to may be gone meanwhile: such a link is left out and named. Where that is deleted,
and can be restored itself, the link waits there and comes back with it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models.sql import InsertQuery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.database.labels import label_of_model, model_of_label
from openrisk.errors import Conflict
from risks.models import Change, ChangeAction, DeletedItem
from risks.services.rows import describe_violation
from risks.services.workspace.snapshots import (
    BATCH,
    Block,
    Table,
    foreign_keys,
    from_json,
    parents_first,
    read_rows,
    stored_columns,
    to_json,
)

NAMES = ("reference", "title", "name", "identifier")  # what history may call a row that is gone
MOST_NAMED = 3
Instances = list[Any]


@dataclass(frozen=True)
class RestoreRules:
    """The rules for restored rows of one model.

    `prepare` may change them before they are written, `finish` comes after all are written; each
    returns sentences for the person who restores.
    """

    prepare: Callable[[Instances], Sequence[str]] = lambda rows: ()
    finish: Callable[[Instances], Sequence[str]] = lambda rows: ()


_rules: dict[Table, RestoreRules] = {}


def register_restore_rules(model: Table, rules: RestoreRules) -> None:
    """Called once for a model, from `AppConfig.ready()`."""
    _rules[model] = rules


@dataclass
class Restoration:
    """The rows that are written again, by model; what was left out, and what waits elsewhere."""

    items: Sequence[DeletedItem]
    rows: dict[Table, Instances] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    waiting: dict[Any, list[Block]] = field(default_factory=lambda: defaultdict(list))

    @property
    def roots(self) -> list[Any]:
        """Return the rows of the items themselves, which the others hang on."""
        by_key = {row.pk: row for rows in self.rows.values() for row in rows}
        return [by_key[item.object_id] for item in self.items if item.object_id in by_key]


def restore_rows(items: Sequence[DeletedItem], blocks: Iterable[Block]) -> Restoration:
    """Write the rows of items of one organization. Raises Conflict where the row of an item itself
    cannot be written."""
    restoration = Restoration(items)
    blocks = [block for block in blocks if is_known(block)]
    for block in blocks:
        if not block.link:
            read_block(restoration, block)
    if len(restoration.roots) < len(items):
        raise Conflict(
            _("It cannot be restored: it exists, or this version no longer has rows of its kind.")
        )
    tables = parents_first(restoration.rows)
    for table in tables:
        leave_out_missing(restoration, table)
        restoration.notes += rules_of(table).prepare(restoration.rows[table])
        write_rows(restoration, table)
    for link in merge_links(blocks):
        relink_rows(restoration, link)
    for table in tables:
        restoration.notes += rules_of(table).finish(restoration.rows[table])
    return restoration


def rules_of(model: Table) -> RestoreRules:
    return _rules.get(model, RestoreRules())


def merge_links(blocks: Iterable[Block]) -> list[Block]:
    """Return one block for each link column, with the rows of all."""
    merged: dict[tuple[str, str], Block] = {}
    for block in blocks:
        if block.link:
            key = (block.model, block.link)
            merged.setdefault(key, Block(block.model, block.columns, [], block.link))
            merged[key].rows += block.rows
    return list(merged.values())


def is_known(block: Block) -> bool:
    """Return whether the model, and the column of a link, are there in this version."""
    try:
        model = model_of_label(block.model)
    except LookupError:
        return False
    return not block.link or block.link in stored_columns(model)


def read_block(restoration: Restoration, block: Block) -> None:
    """Make instances of the rows that are not there; columns that are no longer there are left
    out, new ones have their default."""
    model = model_of_label(block.model)
    columns = {column.attname: column for column in model._meta.concrete_fields}
    places = [(place, columns[name]) for place, name in enumerate(block.columns) if name in columns]
    instances: Instances = [
        model(**{column.attname: from_json(column, row[place]) for place, column in places})
        for row in block.rows
    ]
    organization = restoration.items[0].organization
    present = existing_keys(model, [instance.pk for instance in instances])
    now = timezone.now()
    for instance in instances:
        if "version" in columns:
            instance.version += 1
        if "organization_id" in columns:
            instance.organization = organization  # loaded already, once for all
        for column in columns.values():
            if getattr(column, "auto_now", False):
                setattr(instance, column.attname, now)
    restoration.rows.setdefault(model, []).extend(
        instance for instance in instances if instance.pk not in present
    )


def existing_keys(model: Table, keys: Iterable[Any]) -> set[Any]:
    return {key for (key,) in read_rows(model, "pk", keys, ["pk"])}


# --- Links to what is gone


def leave_out_missing(restoration: Restoration, table: Table) -> None:
    """Empty the links of rows to what is gone; leave out rows that cannot be without it."""
    roots = {item.object_id for item in restoration.items}
    for column in foreign_keys(table):
        rows = restoration.rows[table]
        targets = {getattr(row, column.attname) for row in rows} - {None}
        target_model = column.related_model
        restored = {row.pk for row in restoration.rows.get(target_model, [])}
        missing = targets - restored
        missing -= existing_keys(target_model, missing)
        if not missing:
            continue
        names = names_of(restoration.items[0], target_model, missing)
        cut = [row for row in rows if getattr(row, column.attname) in missing]
        if not column.null and not {row.pk for row in cut}.isdisjoint(roots):
            raise Conflict(
                _("It belonged to %(name)s, which no longer exists. Restore that first.")
                % {"name": names[0]}
            )
        for row in cut:
            hold_for_target(restoration, row, column)
            if column.null:
                setattr(row, column.attname, None)
        if not column.null:
            gone = {row.pk for row in cut}
            restoration.rows[table] = [row for row in rows if row.pk not in gone]
        restoration.notes.append(describe_missing(table, column, len(cut), names))


def hold_for_target(restoration: Restoration, row: Any, column: Any) -> None:
    """Note the row, or its link, for the item by which its target may be restored."""
    model: Table = type(row)
    target = getattr(row, column.attname)
    if column.null:
        names, link = ["id", column.attname], column.attname
        values = [row.pk, target]
    else:
        names, link = stored_columns(model), ""
        values = [getattr(row, name) for name in names]
    block = Block(label_of_model(model), names, [[to_json(value) for value in values]], link)
    restoration.waiting[target].append(block)


def names_of(item: DeletedItem, model: Table, keys: Iterable[Any]) -> list[str]:
    """Return what the rows with these keys were called, as far as anything still says."""
    if model._meta.label == settings.AUTH_USER_MODEL:
        return [_("a person whose account is gone")]
    kind = label_of_model(model)
    deleted = DeletedItem.objects.filter(
        organization=item.organization_id, kind=kind, object_id__in=keys
    )
    names = dict(deleted.order_by("deleted_at").values_list("object_id", "label"))
    unnamed = [key for key in keys if key not in names]
    changes = Change.objects.filter(
        object_id__in=unnamed, model=kind, action=ChangeAction.DELETED
    ).values_list("object_id", "changes")
    for key, fields in changes:
        names[key] = " ".join(str(fields[name][0]) for name in NAMES if name in fields)
    known = sorted(name for name in names.values() if name)
    return known or [str(model._meta.verbose_name)]


def describe_missing(table: Table, column: Any, count: int, names: list[str]) -> str:
    named = ", ".join(names[:MOST_NAMED]) + (" ..." if len(names) > MOST_NAMED else "")
    if column.null:
        return _("Left empty: %(field)s, because it no longer exists (%(names)s).") % {
            "field": column.verbose_name,
            "names": named,
        }
    noun = table._meta.verbose_name if count == 1 else table._meta.verbose_name_plural
    return _("Left out: %(count)s %(noun)s to what no longer exists (%(names)s).") % {
        "count": count,
        "noun": noun,
        "names": named,
    }


# --- Writing


def choose_free_slug(instance: Any) -> list[str]:
    """Give a row another address where its own, which is made from its name, is taken."""
    if not hasattr(instance, "slug"):
        return []
    others = type(instance)._base_manager.filter(organization=instance.organization_id)
    taken = set(others.values_list("slug", flat=True))
    base, number = instance.slug, 1
    while instance.slug in taken:
        number += 1
        instance.slug = f"{base[:50]}-{number}"
    if number == 1:
        return []
    return [_("Its address ends in %s now: the one it had is taken.") % instance.slug]


def write_rows(restoration: Restoration, table: Table) -> None:
    """Insert the rows of one model; parts that are there again by now are left out and counted."""
    rows = restoration.rows[table]
    roots = {item.object_id for item in restoration.items}
    for row in rows:
        if row.pk in roots:
            restoration.notes += choose_free_slug(row)
            if violation := find_violation(row):
                raise Conflict(violation, _("Rename or delete that one, then restore this."))
    try:
        with transaction.atomic():
            insert_rows(table, rows)
    except IntegrityError:
        free = [row for row in rows if row.pk in roots or not find_violation(row)]
        count = len(rows) - len(free)
        noun = table._meta.verbose_name if count == 1 else table._meta.verbose_name_plural
        restoration.rows[table] = free
        restoration.notes.append(
            ngettext(
                "Left out: %(count)s %(noun)s, which exists again by now.",
                "Left out: %(count)s %(noun)s, which exist again by now.",
                count,
            )
            % {"count": count, "noun": noun}
        )
        insert_rows(table, free)


def find_violation(instance: Any) -> str:
    """Return why the row cannot be beside those that have taken its name or number meanwhile."""
    model = type(instance)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            try:
                constraint.validate(model, instance)
            except ValidationError:
                return describe_violation(instance, constraint)
    return ""


def insert_rows(model: Table, rows: Instances) -> None:
    """Insert rows exactly as they are: `bulk_create` would set the times of their creation."""
    columns = [column for column in model._meta.concrete_fields if not column.generated]
    size = min(connection.ops.bulk_batch_size(columns, rows) or BATCH, BATCH)
    for start in range(0, len(rows), size):
        query = InsertQuery(model)
        query.insert_values(columns, rows[start : start + size], raw=True)
        query.get_compiler(connection=connection).execute_sql()


def relink_rows(restoration: Restoration, block: Block) -> None:
    """Let rows that stayed lead to what is restored again, unless they lead elsewhere by now."""
    model = model_of_label(block.model)
    column: Any = model._meta.get_field(block.link)
    key: Any = model._meta.pk
    keys_by_target: dict[Any, list[Any]] = defaultdict(list)
    for row in block.rows:
        keys_by_target[from_json(column, row[1])].append(from_json(key, row[0]))
    lost = 0
    for target in existing_keys(column.related_model, keys_by_target):
        keys = keys_by_target[target]
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            free = model._base_manager.filter(pk__in=batch, **{f"{block.link}__isnull": True})
            lost += len(batch) - free.update(**{block.link: target})
    if lost:
        noun = model._meta.verbose_name if lost == 1 else model._meta.verbose_name_plural
        restoration.notes.append(
            ngettext(
                "Not linked again: %(count)s %(noun)s, which has changed meanwhile.",
                "Not linked again: %(count)s %(noun)s, which have changed meanwhile.",
                lost,
            )
            % {"count": lost, "noun": noun}
        )
