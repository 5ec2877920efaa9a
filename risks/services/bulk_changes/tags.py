"""Kinds that add tags to risks and remove them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import User
from openrisk.text.names import name_key
from risks.models import BulkChangeRow, Risk, RiskTag
from risks.services.bulk_changes.plan import PlannedRow, SelectedRow
from risks.services.bulk_changes.rules import BulkRules
from risks.services.links import MAX_TAGS, clean_tags, spellings_of_tags, write_links
from risks.services.rows import field_error


class TagKind(BulkRules):
    """The value and those of the risks are lists of tags, in order."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace(",", "\n").splitlines()
        if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
            raise field_error("value", _("Write the tags, separated by commas."))
        try:
            tags = {name_key(tag): tag for tag in sorted(clean_tags(value), reverse=True)}
        except ValidationError as error:
            raise field_error("value", error.messages[0]) from None
        if not tags:
            raise field_error("value", _("Write at least one tag."))
        spellings = spellings_of_tags(self.organization, tags)
        return sorted(spellings.get(key, tag) for key, tag in tags.items())

    def label(self, value: Any) -> str:
        return ", ".join(value or ()) or _("None")

    def read(self, risks: QuerySet[Risk]) -> list[SelectedRow]:
        selected = super().read(risks)
        tags: dict[UUID, list[str]] = defaultdict(list)
        links = RiskTag.objects.filter(risk__in=[risk.pk for risk in selected]).order_by()
        for pk, name in links.values_list("risk", "name"):
            tags[pk].append(name)
        for risk in selected:
            risk.value = sorted(tags[risk.pk])
        return selected

    respells = True  # tags get the spelling that the organization has for them

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        self.restore({row.target.pk: row.after for row in rows})

    def restore(self, values: Mapping[UUID, Any]) -> None:
        links = {pk: {"tags": tags} for pk, tags in values.items()}
        write_links(self.organization, links, respell=self.respells)
        Risk.objects.filter(pk__in=list(values)).update(
            version=F("version") + 1, updated_at=timezone.now()
        )

    def is_as_written(self, row: BulkChangeRow, now: Any) -> bool:
        """Return whether no one took away what was added, or added again what was removed."""
        added, removed = changed_tags(row)
        return added <= set(now) and removed.isdisjoint(now)

    def former_value(self, row: BulkChangeRow, now: Any) -> Any:
        """Return the tags of now, of which only those of the change are taken back."""
        added, removed = changed_tags(row)
        return sorted((set(now) - added) | removed)

    def reasons_to_keep(self, values: Mapping[UUID, Any]) -> dict[UUID, str]:
        return {pk: too_many_tags() for pk, tags in values.items() if len(tags) > MAX_TAGS}


def changed_tags(row: BulkChangeRow) -> tuple[set[str], set[str]]:
    """Return the tags that the change added, and those that it removed."""
    before: set[str] = set(row.before or ())
    after: set[str] = set(row.after or ())
    return after - before, before - after


def too_many_tags() -> str:
    return _("It would have more than %(most)s tags.") % {"most": MAX_TAGS}


class AddTagsKind(TagKind):
    def plan(self, risks: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        keys = {tag: name_key(tag) for tag in value}
        rows = []
        for risk in risks:
            present = set(map(name_key, risk.value))
            new = [tag for tag in value if keys[tag] not in present]
            after = sorted([*risk.value, *new])
            reason = too_many_tags() if new and len(after) > MAX_TAGS else ""
            rows.append(PlannedRow(risk, risk.value, after, reason))
        return rows


class RemoveTagsKind(TagKind):
    def plan(self, risks: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        keys = set(map(name_key, value))
        return [
            PlannedRow(risk, risk.value, [t for t in risk.value if name_key(t) not in keys])
            for risk in risks
        ]


class ReplaceTagsKind(TagKind):
    """The value is {"tags": [...], "name": "..."}: the tags of which there is one from now on.

    Written like another tag, the name gets that one's spelling; written like one of `tags`, it is
    a new spelling.
    """

    respells = False

    def clean(self, value: Any) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("name"), str):
            raise field_error("value", _("Give the tags, and the name that replaces them."))
        tags = super().clean(value.get("tags"))
        [name, *others] = sorted(clean_tags([value["name"]])) or [""]
        if not name or others:
            raise field_error("value", _("Write one tag that replaces them."))
        if name_key(name) not in set(map(name_key, tags)):
            spelling = spellings_of_tags(self.organization, [name_key(name)])
            name = spelling.get(name_key(name), name)
        return {"tags": tags, "name": name}

    def label(self, value: Any) -> str:
        if isinstance(value, dict):
            return _("%(tags)s → %(name)s") % {
                "tags": ", ".join(value["tags"]),
                "name": value["name"],
            }
        return super().label(value)

    def plan(self, risks: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        keys = {name_key(tag) for tag in value["tags"]}
        replaced = keys | {name_key(value["name"])}
        rows = []
        for risk in risks:
            after = risk.value
            if not keys.isdisjoint(map(name_key, risk.value)):
                others = [tag for tag in risk.value if name_key(tag) not in replaced]
                after = sorted([*others, value["name"]])
            rows.append(PlannedRow(risk, risk.value, after))
        return rows
