"""One page of the controls as a tree: frameworks, their sections, and controls below others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization
from risks.api.filters import ControlFilterSet
from risks.models import AttachmentLink, Control, ControlStatus, Risk, RiskControl
from risks.models.workspace.attachments import SOON_DAYS, expired, expires_within
from risks.pages.controls.progress import FrameworkProgress, Progress, load_progress
from risks.pages.listing import RowListing
from risks.querysets import CONTROL_ORDERS, has_left, person_label

DEEPEST = 3  # levels of controls below others that are drawn as such
ROW_FIELDS = ("pk", "framework", "identifier", "section", "title", "status", "parent", "version")
EVIDENCE = {
    "none": _("Without evidence"),
    "any": _("With evidence"),
    "expired": _("Evidence has expired"),
    "soon": _("Evidence expires in 30 days"),
}
FILE_COUNTS = ("files", "files_expired", "files_expiring")
FLAGS = ("has_risks", "owner__isnull")
HAS_RISKS = {"false": _("Without risks"), "true": _("With risks")}


@dataclass
class ControlSection:
    """The rows of a section that are on the page, with the progress of the whole section."""

    name: str
    title: str = ""
    progress: Progress | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class ControlTree:
    """The sections of a framework that are on the page."""

    framework: FrameworkProgress
    sections: list[ControlSection] = field(default_factory=list)


class ControlListing(RowListing):
    """The controls that match, in the order of their frameworks; `trees` has those of the page."""

    route = "controls"
    filterset = ControlFilterSet
    orders = {"sort_key": CONTROL_ORDERS["sort_key"]}
    default_order = "sort_key"
    columns = ()
    searchable = True
    page_size = 100
    own_parameters = ("select",)
    labels: ClassVar[Mapping[str, Any]] = {
        "search": _("Search"),
        "framework": _("Framework"),
        "section": _("Section"),
        "status": _("Status"),
        "status__in": _("Status"),
        "owner": _("Owner"),
        "owner__isnull": _("Without owner"),
        "evidence": _("Evidence"),
        "has_risks": _("Risks"),
        "risk": _("Acts on"),
    }

    def __init__(self, organization: Organization, query: Mapping[str, str]) -> None:
        self.progress = load_progress(organization)
        super().__init__(organization, query)
        self.trees = build_trees(self.rows, self.progress)
        add_section_titles(self.trees)

    def base_rows(self) -> Any:
        return Control.objects.for_organization(self.organization)

    def count_rows(self) -> int:
        if not self.filters and not self.search and not self.problems:
            return sum(framework.total for framework in self.progress.values())
        return super().count_rows()

    def load_rows(self) -> list[Any]:
        start = (self.page - 1) * self.page_size
        named = self.ordered().values(
            *ROW_FIELDS, owner_label=person_label("owner"), owner_has_left=has_left("owner")
        )
        rows = read_slice(named, start, self.page_size, self.count)
        add_counts(rows)
        return rows

    def ordered(self) -> Any:
        """Return all controls that match, in the order of the tree."""
        return self.matching.order_by("framework_id", "sort_key", "id")

    @property
    def export_url(self) -> str:
        address = reverse("controls-export", args=[self.organization.slug])
        return f"{address}?{self.query_text}"

    @property
    def shown_frameworks(self) -> list[FrameworkProgress]:
        """Return the framework that is filtered by, or all of them."""
        chosen = self.filters.get("framework")
        if chosen in self.progress:
            return [self.progress[chosen]]
        return list(self.progress.values())

    @cached_property
    def choices(self) -> dict[str, list[tuple[str, str]]]:
        return {
            "framework": [(row.pk, row.name) for row in self.progress.values()],
            "status": [(str(value), str(label)) for value, label in ControlStatus.choices],
            "owner": self.member_choices,
            "evidence": [(value, str(label)) for value, label in EVIDENCE.items()],
            "has_risks": [(value, str(label)) for value, label in HAS_RISKS.items()],
        }

    def filter_value(self, name: str, value: str) -> str:
        if name == "risk" and (pk := as_id(value)):
            risk = Risk.objects.for_organization(self.organization).filter(pk=pk).first()
            return str(risk or value)
        return super().filter_value(name, value)

    @property
    def chips(self) -> list[dict[str, str]]:
        """The search and filters in use; yes and no to risks in words."""
        labels = {**self.labels, "has_risks": HAS_RISKS.get(self.filters.get("has_risks", ""), "")}
        return [
            {
                "label": str(labels.get(name) or self.filter_label(name)),
                "value": "" if name in FLAGS else self.filter_value(name, value),
                "url": self.url_with(**{name: None}),
            }
            for name, value in [
                *([("search", self.search)] if self.search else []),
                *self.filters.items(),
            ]
        ]


def read_slice(ordered: Any, start: int, size: int, count: int) -> list[Any]:
    """Return `size` of the `count` rows in this order, read from the end that is nearer."""
    stop = start + size
    if start <= count // 2:
        return list(ordered[start:stop])
    return list(ordered.reverse()[max(0, count - stop) : count - start])[::-1]


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def add_counts(rows: list[dict[str, Any]]) -> None:
    """Give each row its numbers of files (also expired, and soon to be) and of risks."""
    keys = [row["pk"] for row in rows]
    links = AttachmentLink.objects.filter(control__in=keys).order_by()
    path = "attachment__"
    counted = links.values_list("control").annotate(
        files=Count("pk"),
        files_expired=Count("pk", filter=expired(path)),
        files_expiring=Count("pk", filter=expires_within(SOON_DAYS, path)),
    )
    files = {pk: dict(zip(FILE_COUNTS, counts, strict=True)) for pk, *counts in counted}
    acted_on = RiskControl.objects.filter(control__in=keys).order_by()
    risks = dict(acted_on.values_list("control").annotate(Count("pk")))
    none = dict.fromkeys(FILE_COUNTS, 0)
    for row in rows:
        row.update(files.get(row["pk"], none), risks=risks.get(row["pk"], 0))


def build_trees(
    rows: list[dict[str, Any]], progress: Mapping[str, FrameworkProgress]
) -> list[ControlTree]:
    """Group rows, which are in order, by framework and section.

    A control whose identifier is a section's name heads that section.
    """
    trees: list[ControlTree] = []
    depths: dict[UUID, int] = {}
    for row in rows:
        framework = progress.get(str(row["framework"])) or FrameworkProgress()
        if not trees or trees[-1].framework is not framework:
            trees.append(ControlTree(framework))
        heads = row["identifier"] in framework.sections
        name = row["identifier"] if heads else row["section"]
        sections = trees[-1].sections
        if not sections or sections[-1].name != name:
            sections.append(ControlSection(name, progress=framework.sections.get(name)))
        if heads:
            sections[-1].title = row["title"]
        else:
            row["depth"] = min(depths.get(row["parent"], -1) + 1, DEEPEST)
            depths[row["pk"]] = row["depth"]
        sections[-1].rows.append(row)
    return trees


def add_section_titles(trees: list[ControlTree]) -> None:
    """Name sections by the controls that head them, which may be on another page."""
    untitled = {
        (tree.framework.pk, section.name): section
        for tree in trees
        for section in tree.sections
        if section.name and not section.title
    }
    if not untitled:
        return
    condition = Q(
        framework__in={pk for pk, _ in untitled}, identifier__in={name for _, name in untitled}
    )
    for pk, name, title in Control.objects.filter(condition).values_list(
        "framework", "identifier", "title"
    ):
        if section := untitled.get((str(pk), name)):
            section.title = title
