"""The rows that are searched: each kind with its columns, and the hit that a row makes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboards.models import Board
from dashboards.search.query import SearchQuery
from dashboards.search.ranking import BEGINS, RankedRows, rank_rows
from dashboards.search.results import SearchGroup, SearchHit
from openrisk.accounts.models import Membership, User
from openrisk.text.folding import FoldedLines, TitleColumn, filter_by_words
from risks.models import (
    Asset,
    AssetType,
    Control,
    ControlStatus,
    Criticality,
    Finding,
    FindingState,
    Level,
    Mitigation,
    MitigationStatus,
    Risk,
    SavedView,
    Severity,
    Status,
)
from risks.querysets import owner_label, person_label

Row = dict[str, Any]
SEPARATOR = " · "


@dataclass(frozen=True)
class SearchKind:
    """A kind of rows: `find` returns the best of them, `to_hit` what a row looks like."""

    name: str
    label: str | Promise
    find: Callable[["SearchKind", Membership, SearchQuery, int], RankedRows]
    to_hit: Callable[[Row, Membership], SearchHit]
    columns: dict[str, Any]
    model: Any = None
    prefix: str = ""  # of references
    owners: tuple[str, ...] = ()

    def search(self, member: Membership, query: SearchQuery, limit: int) -> SearchGroup:
        ranked = self.find(self, member, query, limit)
        return SearchGroup(
            kind=self.name,
            label=str(self.label),
            hits=[self.to_hit(row, member) for row in ranked.rows],
            total=ranked.total,
            has_more_than_total=ranked.has_more_than_total,
            url=list_url(self.name, member, query),
            is_named=ranked.tier <= BEGINS,
        )


# --- Finding ------------------------------------------------------------------------------------
def find_register_rows(
    kind: SearchKind, member: Membership, query: SearchQuery, limit: int
) -> RankedRows:
    """Find rows of the register; the one whose reference it is goes first."""
    rows = kind.model.objects.for_organization(member.organization)
    exact: list[Row] = []
    number = query.number_of(kind.prefix) if kind.prefix else None
    if number is not None:
        exact = list(rows.filter(number=number).values("pk", **kind.columns))
    matching = rows.search(query.phrase) if query.has_trigram else rows.search_titles(query.phrase)
    if exact:
        matching = matching.exclude(pk=exact[0]["pk"])
    mine = Q(*((owner, member.user) for owner in kind.owners), _connector=Q.OR)
    ranked = rank_rows(
        matching,
        query,
        title=TitleColumn(*rows.titled),
        columns=kind.columns,
        limit=limit,
        mine=mine if kind.owners else None,
        recent="updated_at",
    )
    return replace(
        ranked,
        rows=[*exact, *ranked.rows][:limit],
        total=ranked.total + len(exact),
        tier=0 if exact else ranked.tier,
    )


def find_people(kind: SearchKind, member: Membership, query: SearchQuery, limit: int) -> RankedRows:
    people = User.objects.filter(
        memberships__organization=member.organization, is_service=False, is_active=True
    )
    matching = filter_by_words(people, query.phrase, FoldedLines("name", "email"))
    title = FoldedLines("name")
    return rank_rows(matching, query, title=title, columns=kind.columns, limit=limit)


def find_named(kind: SearchKind, member: Membership, query: SearchQuery, limit: int) -> RankedRows:
    """Find boards or saved views by their names: the member's own ones, and those of others that
    are shared."""
    visible = kind.model.objects.for_organization(member.organization).filter(
        Q(shared=True) | Q(owner=member.user)
    )
    title = FoldedLines("name")
    matching = filter_by_words(visible, query.phrase, title)
    return rank_rows(matching, query, title=title, columns=kind.columns, limit=limit)


# --- Hits ---------------------------------------------------------------------------------------
def risk_hit(row: Row, member: Membership) -> SearchHit:
    parts = (level_text(row), label_of(Status, row["search_status"]), row["search_owner"])
    return SearchHit(
        title=row["search_name"],
        reference=row["search_reference"],
        detail=join_parts(*parts),
        url=reverse("risk-page", args=[member.organization.slug, row["search_reference"]]),
        id=str(row["pk"]),
    )


def level_text(row: Row) -> str:
    level, score = row["search_level"], row["search_score"]
    return f"{Level(level).label} {score}" if level else str(_("Not assessed"))


def mitigation_hit(row: Row, member: Membership) -> SearchHit:
    status = label_of(MitigationStatus, row["search_status"])
    return SearchHit(
        title=row["search_name"],
        reference=row["search_reference"],
        detail=join_parts(status, row["search_risk"], row["search_owner"]),
        url=reverse("mitigation-page", args=[member.organization.slug, row["search_reference"]]),
        id=str(row["pk"]),
    )


def asset_hit(row: Row, member: Membership) -> SearchHit:
    kind, criticality = AssetType(row["search_type"]), Criticality(row["search_criticality"])
    return SearchHit(
        title=row["search_name"],
        detail=join_parts(kind.label, _("Criticality: %s") % criticality.label.lower()),
        url=reverse("asset-page", args=[member.organization.slug, row["pk"]]),
        id=str(row["pk"]),
    )


def control_hit(row: Row, member: Membership) -> SearchHit:
    status = label_of(ControlStatus, row["search_status"])
    return SearchHit(
        title=row["search_name"],
        reference=row["search_identifier"],
        detail=join_parts(status, row["search_framework"]),
        url=reverse("control", args=[member.organization.slug, row["pk"]]),
        id=str(row["pk"]),
    )


def finding_hit(row: Row, member: Membership) -> SearchHit:
    severity = label_of(Severity, row["search_severity"])
    state = label_of(FindingState, row["search_state"])
    return SearchHit(
        title=row["search_name"],
        reference=row["search_rule"],
        detail=join_parts(severity, state, row["search_asset"], row["search_risk"]),
        url=reverse("finding-page", args=[member.organization.slug, row["pk"]]),
        id=str(row["pk"]),
    )


def person_hit(row: Row, member: Membership) -> SearchHit:
    return SearchHit(
        title=row["search_name"],
        detail=row["search_email"] if row["search_email"] != row["search_name"] else "",
        url=risks_url(member, owner=row["pk"], open="true"),
        id=str(row["pk"]),
    )


def board_hit(row: Row, member: Membership) -> SearchHit:
    return SearchHit(
        title=row["search_name"],
        detail=str(_("Shared") if row["search_shared"] else _("Only you see it")),
        url=reverse("board", args=[member.organization.slug, row["search_slug"]]),
        id=str(row["pk"]),
    )


def view_hit(row: Row, member: Membership) -> SearchHit:
    return SearchHit(
        title=row["search_name"],
        detail=str(_("Shared") if row["search_shared"] else _("Only you see it")),
        url=risks_url(member, view=row["search_slug"]),
        id=str(row["pk"]),
    )


def label_of(choices: Any, value: str) -> str:
    return str(choices(value).label)


def join_parts(*parts: Any) -> str:
    return SEPARATOR.join(str(part) for part in parts if part)


# --- Addresses ----------------------------------------------------------------------------------
def risks_url(member: Membership, **filters: Any) -> str:
    return f"{reverse('risk-list', args=[member.organization.slug])}?{urlencode(filters)}"


def list_url(kind: str, member: Membership, query: SearchQuery) -> str:
    """Return the page with all hits of a kind."""
    pages = {
        "risks": "risk-list",
        "mitigations": "treatment",
        "controls": "controls",
        "findings": "finding-list",
    }
    if kind in pages and query.has_trigram:
        address = reverse(pages[kind], args=[member.organization.slug])
        return f"{address}?{urlencode({'search': query.phrase})}"
    page = reverse("search", args=[member.organization.slug])
    return f"{page}?{urlencode({'q': query.phrase, 'kind': kind})}"


KINDS = (
    SearchKind(
        "risks",
        _("Risks"),
        find_register_rows,
        risk_hit,
        {
            "search_name": F("title"),
            "search_reference": F("reference"),
            "search_status": F("status"),
            "search_level": F("current_level"),
            "search_score": F("current_score"),
            "search_owner": owner_label(),
        },
        Risk,
        "R",
        ("owner", "assignee", "reviewer"),
    ),
    SearchKind(
        "mitigations",
        _("Mitigations"),
        find_register_rows,
        mitigation_hit,
        {
            "search_name": F("title"),
            "search_reference": F("reference"),
            "search_status": F("status"),
            "search_risk": F("risk__reference"),
            "search_owner": person_label("owner"),
        },
        Mitigation,
        "M",
        ("owner",),
    ),
    SearchKind(
        "assets",
        _("Assets"),
        find_register_rows,
        asset_hit,
        {
            "search_name": F("name"),
            "search_type": F("type"),
            "search_criticality": F("criticality"),
        },
        Asset,
        owners=("owner",),
    ),
    SearchKind(
        "controls",
        _("Controls"),
        find_register_rows,
        control_hit,
        {
            "search_name": F("title"),
            "search_identifier": F("identifier"),
            "search_status": F("status"),
            "search_framework": F("framework__name"),
        },
        Control,
    ),
    SearchKind(
        "findings",
        _("Findings"),
        find_register_rows,
        finding_hit,
        {
            "search_name": F("title"),
            "search_rule": F("rule"),
            "search_severity": F("severity"),
            "search_state": F("state"),
            "search_asset": F("asset__name"),
            "search_risk": F("risk__reference"),
        },
        Finding,
    ),
    SearchKind(
        "people",
        _("People"),
        find_people,
        person_hit,
        {
            "search_name": Coalesce(NullIf("name", Value("")), "email", output_field=CharField()),
            "search_email": F("email"),
        },
    ),
    SearchKind(
        "boards",
        _("Boards"),
        find_named,
        board_hit,
        {"search_name": F("name"), "search_slug": F("slug"), "search_shared": F("shared")},
        Board,
    ),
    SearchKind(
        "views",
        _("Saved views"),
        find_named,
        view_hit,
        {"search_name": F("name"), "search_slug": F("slug"), "search_shared": F("shared")},
        SavedView,
    ),
)
