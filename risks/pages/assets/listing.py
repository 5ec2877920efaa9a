"""One page of the list of assets, from its address: with the filters and orders of the API."""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Max, Q, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from risks import exports
from risks.api.filters import AssetFilterSet
from risks.models import (
    Asset,
    AssetDependency,
    AssetType,
    Criticality,
    Finding,
    FindingState,
    Level,
    RiskAsset,
)
from risks.pages.listing import ListHead, RowListing
from risks.querysets import ASSET_ORDERS, has_left, person_label

ROW_FIELDS = ("id", "name", "type", "criticality", "external_id", "version", "updated_at")
HAS_RISKS = {"true": gettext_lazy("With risks"), "false": gettext_lazy("Without risks")}
COLUMNS: dict[str, ListHead] = {
    "name": ListHead(gettext_lazy("Asset"), "name", kind="title-cell"),
    "type": ListHead(gettext_lazy("Type")),
    "criticality": ListHead(gettext_lazy("Criticality"), "criticality", descending_first=True),
    "owner": ListHead(gettext_lazy("Owner")),
    "risks": ListHead(gettext_lazy("Risks"), kind="numeric"),
    "findings": ListHead(gettext_lazy("Open findings"), kind="numeric"),
    "dependencies": ListHead(gettext_lazy("Depends on"), kind="numeric"),
    "external_id": ListHead(gettext_lazy("External id")),
    "updated_at": ListHead(gettext_lazy("Last change"), "updated_at", descending_first=True),
}
DEFAULT_COLUMNS = ("name", "type", "criticality", "owner", "risks", "findings")
LEVELS = tuple(Level.values)  # the lowest first
RANK_OF_RISK = Case(
    *(When(risk__current_level=level, then=Value(rank)) for rank, level in enumerate(LEVELS)),
    output_field=IntegerField(),
)


class AssetListing(RowListing):
    route = "asset-list"
    filterset = AssetFilterSet
    orders = ASSET_ORDERS
    default_order = "name"
    searchable = True
    own_parameters = ("columns", "select")

    @cached_property
    def names(self) -> list[str]:
        """The columns that the address asks for, or the usual ones; the first is the name."""
        if "columns" not in self.query:
            return list(DEFAULT_COLUMNS)
        names = dict.fromkeys(["name", *filter(None, self.query["columns"].split(","))])
        if unknown := [name for name in names if name not in COLUMNS]:
            text = _("There is no column “%(names)s”. Choose among the columns again.")
            self.problems.append(text % {"names": ", ".join(unknown)[:200]})
        return [name for name in names if name in COLUMNS]

    @cached_property
    def columns(self) -> tuple[ListHead, ...]:  # type: ignore[override]
        return tuple(COLUMNS[name] for name in self.names)

    def base_rows(self) -> Any:
        return Asset.objects.for_organization(self.organization)

    def load_page(self, ordered: Any) -> list[Any]:
        rows = list(
            ordered.values(
                *ROW_FIELDS, owner_label=person_label("owner"), owner_has_left=has_left("owner")
            )
        )
        add_counts(rows, self.names)
        for row in rows:
            row["type_label"] = AssetType(row["type"]).label
            row["criticality_label"] = Criticality(row["criticality"]).label
            row["cells"] = [(name, COLUMNS[name], row.get(name)) for name in self.names]
        return rows

    def filter_value(self, name: str, value: str) -> str:
        choices = dict(self.choices.get(name.removesuffix("__in"), ()))
        return ", ".join(str(choices.get(each, each)) for each in value.split(","))

    @cached_property
    def choices(self) -> dict[str, list[tuple[str, str]]]:
        return {
            "type": [(str(value), str(label)) for value, label in AssetType.choices],
            "criticality": [
                (str(value), str(label)) for value, label in reversed(Criticality.choices)
            ],
            "owner": self.member_choices,
            "has_risks": [(value, str(label)) for value, label in HAS_RISKS.items()],
        }

    # --- for the template ------------------------------------------------------------------------
    @property
    def export_links(self) -> list[tuple[str, str]]:
        """(format, address of the file) with these assets and columns, of all pages."""
        address = reverse("asset-export", args=[self.organization.slug])
        query = {
            name: value for name, value in self.query.items() if name not in ("page", "select")
        }
        query |= {"columns": ",".join(self.names)}
        return [
            (kind.upper(), f"{address}?{urlencode({**query, 'file_format': kind})}")
            for kind in ("csv", "xlsx")
        ]

    @property
    def offered_columns(self) -> list[tuple[str, Any, bool]]:
        """(name, label, whether it is shown) of the columns beside the name."""
        return [
            (name, head.label, name in self.names)
            for name, head in COLUMNS.items()
            if name != "name"
        ]

    def file_rows(self) -> Iterator[list[Any]]:
        """Yield the header and a row for each asset, of all pages."""
        yield [str(head.label) for head in self.columns]
        iterator = self.sort(self.matching).values_list("pk", flat=True).iterator(exports.CHUNK)
        while chunk := list(islice(iterator, exports.CHUNK)):
            loaded = {
                row["id"]: row for row in self.load_page(self.base_rows().filter(pk__in=chunk))
            }
            for pk in chunk:
                if row := loaded.get(pk):
                    yield [file_value(name, row) for name in self.names]


def file_value(name: str, row: dict[str, Any]) -> Any:
    if name == "updated_at":
        return f"{row[name]:%Y-%m-%d}"
    return row.get(f"{name}_label", row.get(name)) or ("" if name == "owner" else row.get(name))


def add_counts(rows: list[dict[str, Any]], names: list[str]) -> None:
    """Add the numbers of risks, open findings and dependencies of each asset, as far as shown."""
    keys = [row["id"] for row in rows]
    risks: dict[UUID, Any] = {}
    findings: dict[UUID, Any] = {}
    dependencies: dict[UUID, Any] = {}
    if "risks" in names:
        linked = RiskAsset.objects.filter(asset__in=keys).order_by().values_list("asset")
        counted = linked.annotate(number=Count("pk"), rank=Max(RANK_OF_RISK))
        risks = {asset: (number, rank) for asset, number, rank in counted}
    if "findings" in names:
        opened = Finding.objects.filter(asset__in=keys, state=FindingState.OPEN).order_by()
        serious = Count("pk", filter=Q(severity__in=("critical", "high")))
        counted = opened.values_list("asset").annotate(number=Count("pk"), serious=serious)
        findings = {asset: (number, serious) for asset, number, serious in counted}
    if "dependencies" in names:
        links = AssetDependency.objects.filter(asset__in=keys).order_by()
        dependencies = dict(links.values_list("asset").annotate(Count("target", distinct=True)))
    for row in rows:
        row["risks"], rank = risks.get(row["id"], (0, None))
        row["top_level"] = "" if rank is None else LEVELS[rank]
        row["findings"], row["serious"] = findings.get(row["id"], (0, 0))
        row["dependencies"] = dependencies.get(row["id"], 0)
