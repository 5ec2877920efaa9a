"""The list of risks in groups: their headings with counts and exposure, and the rows of a page.

Groups follow one another in a fixed order and the rows of each are sorted as the list is, so the
counts of the groups say which rows are on a page. At most three queries load them: the end of the
first group, the groups that the page shows whole, and the beginning of the last.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.db.models import Count, Exists, Min, OuterRef, Q, Sum
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from risks.api.filters import LINK_COLUMNS, LINKS
from risks.custom_fields.definitions import NO_FIELDS, CustomFields, load_people
from risks.custom_fields.sql import text_of
from risks.custom_fields.values import GROUPED
from risks.fields import PEOPLE
from risks.models import (
    Asset,
    Category,
    CustomField,
    CustomFieldKind,
    Level,
    Risk,
    Status,
)
from risks.overdue import NOT_OPEN
from risks.pages.register.filters.fields import field_label

# Parameter -> the column of the risk; tags and assets are links.
GROUPINGS = {
    "status": "status",
    "level": "current_level",
    "owner": "owner",
    "category": "category",
    "treatment": "treatment",
    "tag": "tag",
    "asset": "asset",
    "assignee": "assignee",
    "reviewer": "reviewer",
    "source": "source",
}
CHOICE_ORDERS = {"status": Status.values, "level": list(reversed(Level.values))}
MOST_GROUPS = 500
NO_KEY = "__none__"
EXPOSURE = Sum("current_score", filter=~Q(status__in=NOT_OPEN), default=0)
LoadRows = Callable[..., list[dict[str, Any]]]


@dataclass
class Group:
    """Risks with the same value; `key` is None for those without one.

    `exposure` is the sum of the current scores of those that are open.
    """

    key: Any
    label: str
    count: int
    exposure: int
    is_folded: bool = False
    continues: bool = False  # its first rows are on a page before
    fold_url: str = ""  # of the list with this group folded, or unfolded
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text_key(self) -> str:
        return NO_KEY if self.key is None else quote(str(self.key), safe="")


def grouping_label(name: str, custom: CustomFields = NO_FIELDS) -> str:
    return field_label("current_level" if name == "level" else name, custom)


def custom_groupings(custom: CustomFields) -> list[str]:
    """Return the names of the custom fields that risks can be grouped by."""
    return [field.name for field in custom.values() if field.kind in GROUPED]


@dataclass
class Grouping:
    """The groups of `risks`, of the organization, by the field that `name` names in GROUPINGS."""

    name: str
    organization: Organization
    risks: Any
    custom: CustomField | None = None

    def __post_init__(self) -> None:
        self.risks = self.with_column(self.risks)

    @property
    def column(self) -> str:
        return "_group" if self.custom else GROUPINGS[self.name]

    def with_column(self, risks: Any) -> Any:
        return risks.annotate(_group=text_of(self.custom.key)) if self.custom else risks

    def load_groups(self, folded: Iterable[str]) -> list[Group]:
        """Return the groups in their order; those whose key is in `folded` show no rows."""
        rows = self.count_links() if self.name in LINKS else self.count_columns()
        folded = set(folded)
        groups = [Group(key or None, label or "", *counts) for key, label, *counts in rows]
        for group in groups:
            group.label = self.words(group)
            group.is_folded = group.text_key in folded
        order = self.custom.options if self.custom else CHOICE_ORDERS.get(self.name, [])
        return sorted(
            groups,
            key=lambda group: (
                group.key is None,
                order.index(group.key) if group.key in order else len(order),
                group.label.casefold(),
            ),
        )[:MOST_GROUPS]

    def count_columns(self) -> list[tuple[Any, ...]]:
        rows = self.risks.order_by().values_list(self.column)
        counts = list(rows.annotate(number=Count("*"), exposure=EXPOSURE))
        labels = self.load_labels([key for key, *_counts in counts if key])
        return [(key, labels.get(key, key), *others) for key, *others in counts]

    def load_labels(self, keys: list[Any]) -> dict[Any, str]:
        """Return the names of categories, people or assets by their ids."""
        if self.name in ("category", "asset"):
            model: Any = {"category": Category, "asset": Asset}[self.name]
            return dict(model.objects.filter(pk__in=keys).values_list("pk", "name"))
        if self.custom and self.custom.kind == CustomFieldKind.PERSON:
            return load_people(keys)
        if self.name in PEOPLE:
            return {user.pk: str(user) for user in User.objects.filter(pk__in=keys)}
        return {}

    def count_links(self) -> list[tuple[Any, ...]]:
        """By tag or asset: a risk is counted once for each, and those without are a group."""
        column = LINK_COLUMNS[self.name]
        links = LINKS[self.name].objects.filter(organization=self.organization)
        if len(self.risks.query.where.children) > 1:  # more than the organization
            links = links.filter(risk__in=self.risks.order_by().values("pk"))
        exposure = Sum("risk__current_score", filter=~Q(risk__status__in=NOT_OPEN), default=0)
        rows = links.order_by().values_list(column)
        counts = rows.annotate(number=Count("*"), exposure=exposure)
        if self.name == "tag":
            counts = counts.annotate(label=Min("name"))
            groups = [(key, label, *others) for key, *others, label in counts]
        else:
            rows = list(counts)
            labels = self.load_labels([key for key, *_counts in rows])
            groups = [(key, labels.get(key, ""), *others) for key, *others in rows]
        rest = self.unlinked().order_by().aggregate(number=Count("pk"), exposure=EXPOSURE)
        if rest["number"]:
            groups.append((None, "", rest["number"], rest["exposure"]))
        return groups

    def unlinked(self) -> Any:
        links = LINKS[self.name].objects.filter(risk=OuterRef("pk"))
        return self.risks.filter(~Exists(links))

    def words(self, group: Group) -> str:
        """Return the heading of a group."""
        if group.key is None:
            return {
                "level": _("Not assessed"),
                "treatment": _("Not decided"),
                "owner": _("No member as owner"),
                "tag": _("No tag"),
            }.get(self.name) or _("None")
        if self.custom and self.custom.kind == CustomFieldKind.FLAG:
            return _("Yes") if group.key == "true" else _("No")
        if self.name in LINKS or self.custom:
            return group.label
        column: Any = Risk._meta.get_field(GROUPINGS[self.name])
        return str(dict(column.flatchoices).get(group.key, group.label))

    def risks_of(self, groups: Sequence[Group]) -> Any:
        """Return the risks of these groups, each once."""
        column = self.column
        keys = [group.key for group in groups if group.key is not None]
        has_rest = len(keys) < len(groups)
        if self.name in LINKS:
            if has_rest and not keys:
                return self.unlinked()
            links = LINKS[self.name].objects.filter(organization=OuterRef("organization"))
            linked = Q(
                pk__in=links.filter(**{f"{LINK_COLUMNS[self.name]}__in": keys}).values("risk")
            )
            own = LINKS[self.name].objects.filter(risk=OuterRef("pk"))
            return self.risks.filter(linked | ~Exists(own) if has_rest else linked)
        chosen = Q(**{f"{column}__in": keys})
        if has_rest:
            chosen |= Q(treatment="") if column == "treatment" else Q(**{f"{column}__isnull": True})
        return self.risks.filter(chosen)

    def fill_page(self, groups: list[Group], start: int, size: int, load: LoadRows) -> list[Group]:
        """Load rows `start` to `start + size` into their groups, and return those of the page.

        `load(risks, start, stop)` returns sorted rows. Folded groups are on the page on which their
        rows would begin.
        """
        parts = list(cut_page(groups, start, size))
        shown = [part for part in parts if part.stop > part.start]
        for number, part in enumerate(shown):
            part.group.continues = part.start > 0
            if number in (0, len(shown) - 1):
                part.group.rows = load(self.risks_of([part.group]), part.start, part.stop)
        if between := [part.group for part in shown[1:-1]]:
            self.distribute(between, load(self.risks_of(between), 0, None))
        return [part.group for part in parts]

    def distribute(self, groups: Sequence[Group], rows: list[dict[str, Any]]) -> None:
        """Put the rows of several groups into each one that they belong to."""
        by_key = {group.key: group for group in groups}
        ids = [row["id"] for row in rows]
        keys: dict[Any, list[Any]] = {pk: [] for pk in ids}
        if self.name in LINKS:
            links = LINKS[self.name].objects.filter(risk__in=ids)
            pairs = links.values_list("risk", LINK_COLUMNS[self.name])
        else:
            pairs = self.with_column(Risk.objects.filter(pk__in=ids)).values_list("pk", self.column)
        for pk, key in pairs:
            keys[pk].append(key or None)
        for row in rows:
            for key in keys[row["id"]] or [None]:
                if key in by_key:
                    by_key[key].rows.append(dict(row))


@dataclass(frozen=True)
class PagePart:
    """The rows of a group that are on a page, counted within the group."""

    group: Group
    start: int
    stop: int


def cut_page(groups: Sequence[Group], start: int, size: int) -> Iterator[PagePart]:
    """Yield the parts of the page that begins at row `start`.

    Folded groups are there by their headings alone: those after the last row on the last page.
    """
    position, total, end = 0, count_rows(groups), start + size
    for group in groups:
        count = 0 if group.is_folded else group.count
        first, last = max(start - position, 0), min(end - position, count)
        if first < last:
            yield PagePart(group, first, last)
        elif group.is_folded and (start <= position < end or position == total <= end):
            yield PagePart(group, 0, 0)
        position += count


def count_rows(groups: Iterable[Group]) -> int:
    """Count the rows of all pages."""
    return sum(group.count for group in groups if not group.is_folded)
