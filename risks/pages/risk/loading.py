"""Reads for the page of a risk: what belongs to it, each in one query."""

from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, Prefetch, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from openrisk.accounts.members.memberships import member_ids
from openrisk.accounts.models import Membership, User
from risks.fields import PEOPLE
from risks.models import (
    Asset,
    AttachmentLink,
    Comment,
    Control,
    Finding,
    Matrix,
    Mitigation,
    MitigationAction,
    Risk,
    RiskTag,
    Watch,
)
from risks.models.mitigations import progress_of
from risks.pages.risk import tabs
from risks.scoring import KINDS


def with_parts(risks: Any, user: User) -> Any:
    """Add what every tab says: how much is on each, who is a member, whether `user` watches."""

    def count(model: Any) -> Any:
        rows = model.objects.filter(risk=OuterRef("pk")).order_by()
        number = rows.values("risk").annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(number), 0)

    def is_member(person: str) -> Any:
        members = Membership.objects.filter(
            user=OuterRef(person), organization=OuterRef("organization")
        )
        return Exists(members)

    return risks.annotate(
        mitigation_count=count(Mitigation),
        finding_count=count(Finding),
        comment_count=count(Comment),
        is_watched=Exists(Watch.objects.filter(user=user, risk=OuterRef("pk"))),
        attachment_count=count(AttachmentLink),
        **{f"{person}_is_member": is_member(person) for person in PEOPLE},
    )


def members_among(risk: Any, mitigations: list[Any]) -> set[UUID]:
    """Return the ids of the people on the page who are members now."""
    owners = {row.owner_id for row in mitigations}
    members = member_ids(risk.organization, owners) if mitigations else set()
    people = {getattr(risk, f"{p}_id") for p in PEOPLE if getattr(risk, f"{p}_is_member")}
    return members | people


def tab_counts(risk: Any) -> dict[str, int]:
    return {
        tabs.TREATMENT: risk.mitigation_count,
        tabs.FINDINGS: risk.finding_count,
        tabs.EVIDENCE: risk.attachment_count,
        tabs.ACTIVITY: risk.comment_count,
    }


def score_row(risk: Risk, kind: str, matrix: Matrix) -> dict[str, Any]:
    likelihood, impact, score, level = (
        getattr(risk, f"{kind}_{part}") for part in ("likelihood", "impact", "score", "level")
    )
    return {
        "kind": kind,
        "likelihood": likelihood,
        "likelihood_label": matrix.likelihood_labels[likelihood - 1] if likelihood else "",
        "impact": impact,
        "impact_label": matrix.impact_labels[impact - 1] if impact else "",
        "score": score,
        "level": level,
    }


def rating_marks(risk: Risk) -> dict[tuple[int, int], str]:
    """Return the first letters of the ratings that are in a cell (likelihood, impact)."""
    marks: dict[tuple[int, int], str] = {}
    for kind in KINDS:
        cell = getattr(risk, f"{kind}_likelihood"), getattr(risk, f"{kind}_impact")
        if None not in cell:
            marks[cell] = marks.get(cell, "") + kind[0].upper()
    return marks


def load_mitigations(risk: Risk) -> list[Any]:
    """Load the mitigations with their actions and the `percent` done."""
    actions = MitigationAction.objects.order_by("order", "id").select_related("done_by")
    mitigations: list[Any] = list(
        Mitigation.objects.filter(risk=risk)
        .with_progress()
        .select_related("owner")
        .prefetch_related(Prefetch("actions", actions))
        .order_by("number")
    )
    today = timezone.now().date()
    for mitigation in mitigations:
        mitigation.percent = progress_of(
            mitigation.status, mitigation.actions_done, mitigation.actions_total
        )
        mitigation.overdue = mitigation.is_overdue(today)
    return mitigations


def load_links(risk: Risk) -> dict[str, list[dict[str, Any]]]:
    """Load assets, controls and tags in one query."""
    title = Concat("identifier", Value(" "), "title", output_field=CharField())
    queries = (
        select_links(Asset.objects.filter(risk_links__risk=risk), "assets", "name", "criticality"),
        select_links(Control.objects.filter(risk_links__risk=risk), "controls", title, "status"),
        select_links(RiskTag.objects.filter(risk=risk), "tags", "name", Value("")),
    )
    links: dict[str, list[dict[str, Any]]] = {"assets": [], "controls": [], "tags": []}
    for kind, pk, label, note in queries[0].union(*queries[1:], all=True):
        links[kind].append({"id": UUID(pk), "label": label, "note": note})
    for rows in links.values():
        rows.sort(key=lambda row: row["label"].casefold())
    return links


def select_links(rows: Any, kind: str, label: Any, note: Any) -> Any:
    texts = (Cast(column, CharField()) for column in ("pk", label, note))
    return rows.order_by().values_list(Value(kind), *texts)
