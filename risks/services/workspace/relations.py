"""Relations of risks: one causes, duplicates or relates to another."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import RelationKind, Risk, RiskRelation, Status
from risks.models.workspace.relations import INVERSE_LABELS
from risks.services import rows


@dataclass(frozen=True)
class RelatedRisk:
    """A relation as one reads it from one of its two risks."""

    relation: RiskRelation
    label: str
    risk: Risk


def relate_risks(
    *,
    actor: User | None,
    organization: Organization,
    risk: Risk,
    other: Risk,
    kind: str,
) -> RiskRelation:
    """Let `risk` cause, duplicate or relate to `other`.

    Raises where the two are one, are related already, or where a risk would cause itself.
    """
    if risk.pk == other.pk:
        raise rows.field_error("other", _("A risk cannot be related to itself."))
    if kind not in RelationKind.values:
        raise rows.field_error("kind", _("Choose how the two risks are related."))
    with recorded(actor=actor):
        # Both are locked in one order: two at once would not see each other's pair or cycle.
        keys = sorted((risk.pk, other.pk))
        locked = Risk.objects.for_organization(organization).filter(pk__in=keys)
        if len(locked.order_by("pk").select_for_update(no_key=True)) < len(keys):
            raise rows.field_error("other", _("One of the two risks no longer exists."))
        pair = Q(risk=risk, other=other) | Q(risk=other, other=risk)
        if existing := RiskRelation.objects.filter(pair).select_related("risk", "other").first():
            raise rows.field_error(
                "other",
                _("They are related already: %s. Remove that relation first.")
                % describe_relation(existing),
            )
        if kind == RelationKind.CAUSES:
            refuse_cycle(organization, risk, other)
        return RiskRelation.objects.create(
            organization=organization, risk=risk, other=other, kind=kind
        )


def remove_relation(*, actor: User | None, instance: RiskRelation, version: Any = None) -> None:
    """Take a relation away; the history of both risks says so."""
    with recorded(actor=actor):
        instance.delete()


def describe_relation(relation: RiskRelation) -> str:
    """Return "R-0002 causes R-0007"."""
    verb = str(relation.get_kind_display()).lower()
    return f"{relation.risk.reference} {verb} {relation.other.reference}"


def refuse_cycle(organization: Organization, risk: Risk, other: Risk) -> None:
    """Raise Conflict, with the path, where `other` causes `risk` already."""
    # One at a time in an organization: two could close a cycle together.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    effects: dict[UUID, list[UUID]] = defaultdict(list)
    causes = RiskRelation.objects.for_organization(organization).filter(kind=RelationKind.CAUSES)
    for cause, effect in causes.order_by("id").values_list("risk", "other"):
        effects[cause].append(effect)
    path = find_path(effects, other.pk, risk.pk)
    if path is None:
        return
    names = dict(Risk.objects.filter(pk__in=path).values_list("pk", "reference"))
    arrows = " → ".join(names[pk] for pk in [risk.pk, *path])
    raise Conflict(_("This would be a circle of causes: %s. Choose “relates to” instead.") % arrows)


def find_path(effects: dict[UUID, list[UUID]], start: UUID, goal: UUID) -> list[UUID] | None:
    """Return the shortest way from cause to effect, both included; None where there is none."""
    came_from: dict[UUID, UUID | None] = {start: None}
    pending = [start]
    for current in pending:  # grows while it is read
        if current == goal:
            path: list[UUID] = []
            step: UUID | None = current
            while step is not None:
                path.append(step)
                step = came_from[step]
            return path[::-1]
        for effect in effects.get(current, ()):
            if effect not in came_from:
                came_from[effect] = current
                pending.append(effect)
    return None


# --- Reading


def related_risks(risk: Risk) -> list[RelatedRisk]:
    """Return the relations of a risk from its side, by kind and reference, with one query."""
    relations = RiskRelation.objects.filter(Q(risk=risk) | Q(other=risk))
    related = [
        RelatedRisk(relation, label_from(relation, risk.pk), relation.other)
        if relation.risk_id == risk.pk
        else RelatedRisk(relation, label_from(relation, risk.pk), relation.risk)
        for relation in relations.select_related("risk", "other")
    ]
    return sorted(related, key=lambda row: (row.label, row.risk.number))


def label_from(relation: RiskRelation, risk_id: UUID) -> str:
    """Return the kind as one reads it from this risk: "Causes" or "Caused by"."""
    if relation.risk_id == risk_id:
        return str(relation.get_kind_display())
    return str(INVERSE_LABELS[relation.kind])


def open_duplicate_of(risk: Risk, related: Iterable[RelatedRisk]) -> Risk | None:
    """Return the risk that this open one duplicates, so that closing it can be suggested."""
    if risk.status == Status.CLOSED:
        return None
    return next(
        (
            row.risk
            for row in related
            if row.relation.kind == RelationKind.DUPLICATES and row.relation.risk_id == risk.pk
        ),
        None,
    )


def relation_texts(risk_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return "duplicates: R-0003; causes: R-0007" by risk, as exports write it: each relation
    stands with the risk that it begins at."""
    by_risk: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    relations = RiskRelation.objects.filter(risk__in=list(risk_ids)).order_by("other__number")
    for risk_id, kind, reference in relations.values_list("risk", "kind", "other__reference"):
        by_risk[risk_id][kind].append(reference)
    return {
        risk_id: "; ".join(
            f"{kind}: {', '.join(kinds[kind])}" for kind in RelationKind.values if kind in kinds
        )
        for risk_id, kinds in by_risk.items()
    }
