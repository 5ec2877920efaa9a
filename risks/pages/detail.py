"""The page of one risk."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import CharField, Prefetch, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.pages.forms import StepForm
from openrisk.pages.guards import MemberRequest, member_required
from risks import states
from risks.models import (
    Acceptance,
    AcceptanceStatus,
    Asset,
    Control,
    Finding,
    Matrix,
    Mitigation,
    MitigationAction,
    Risk,
    RiskTag,
    SuggestionStatus,
)
from risks.models.mitigations import progress_of
from risks.pages.forms import AcceptanceForm, CommentForm
from risks.pages.history import load_history
from risks.scoring import KINDS, SCALE
from risks.services.matrix import matrix_of

MAX_FINDINGS = 50
LIVE = (AcceptanceStatus.REQUESTED, AcceptanceStatus.APPROVED)


@require_safe
@member_required(Role.VIEWER)
def risk_page(request: MemberRequest, number: int) -> HttpResponse:
    return show_risk(request, find_risk(request, number))


def show_risk(
    request: MemberRequest, risk: Risk, *, typed: Any = None, status: int = 200
) -> HttpResponse:
    """The page; the form that was sent, `typed`, takes the place of the empty one of its key."""
    return render(request, "risks/page.html", page_context(request, risk, typed), status=status)


def transition_key(to: str) -> str:
    return f"transition-{to}"


def acceptance_key(acceptance: Acceptance) -> str:
    return f"acceptance-{acceptance.pk}"


def suggestion_key(suggestion: Any) -> str:
    return f"suggestion-{suggestion.pk}"


def find_risk(request: MemberRequest, number: int) -> Risk:
    """The risk of this number in the organization of the page, or 404."""
    risks = Risk.objects.for_organization(request.membership.organization)
    people = risks.select_related("category", "owner", "assignee", "reviewer")
    risk = get_object_or_404(people, number=number)
    risk.organization = request.membership.organization
    return risk


def page_context(request: MemberRequest, risk: Risk, typed: Any = None) -> dict[str, Any]:
    membership = request.membership
    form = partial(_step_form, typed)
    mitigations = _mitigations(risk)
    acceptances = list(risk.acceptances.select_related("requester", "approver"))
    named = (risk, risk.category, risk.owner, risk.assignee, risk.reviewer)
    facts = states.GuardContext(risk, timezone.now(), mitigations, acceptances)
    matrix = matrix_of(risk.organization)
    analyst, manager = membership.has_role(Role.ANALYST), membership.has_role(Role.MANAGER)
    edges = [
        (edge, membership.has_role(edge.role), form(transition_key(edge.to), risk.version))
        for edge in states.list_transitions(facts)
    ]
    may_request = analyst and not any(row.status in LIVE for row in acceptances)
    proposed = list(risk.suggestions.filter(status=SuggestionStatus.PROPOSED))
    shown = {
        *(transition_key(edge.to) for edge, allowed, _ in edges if edge.open and allowed),
        *(acceptance_key(row) for row in acceptances if manager and row.status in LIVE),
        *(suggestion_key(row) for row in proposed if analyst),
        *(("review", "comment") if analyst else ()),
        *(("acceptance",) if may_request else ()),
    }
    return {
        "risk": risk,
        "overdue": _is_overdue(risk),
        "scores": [_score(risk, kind, matrix) for kind in KINDS],
        "grid": _grid(risk, matrix),
        "edges": edges,
        "warned": states.WARNINGS,
        "review_form": form("review", risk.version),
        "comment_form": typed if typed is not None and typed.key == "comment" else CommentForm(),
        "typed": typed,
        "typed_elsewhere": typed is not None and typed.key not in shown,
        "mitigations": mitigations,
        "acceptances": [
            (acceptance, form(acceptance_key(acceptance), acceptance.version))
            for acceptance in acceptances
        ],
        "acceptance_form": (
            typed if typed is not None and typed.key == "acceptance" else AcceptanceForm()
        ),
        "may_request": may_request,
        "may_write": analyst,
        "may_decide": manager,
        "findings": _findings(risk),
        "suggestions": [
            (suggestion, typed if typed is not None and typed.key == key else None)
            for suggestion in proposed
            for key in [suggestion_key(suggestion)]
        ],
        "links": _links(risk),
        "history": load_history(
            _subjects(risk, mitigations, acceptances),
            _before(request.GET.get("before", "")),
            known=[*filter(None, named), *mitigations, *acceptances],
        ),
    }


def _step_form(typed: Any, key: str, version: int) -> Any:
    """The form that was sent, to be sent again for the row as it is now; or a new one."""
    if typed is None or typed.key != key:
        return StepForm(key, version)
    if isinstance(typed, StepForm):
        typed.show_version(version)
    return typed


def _is_overdue(risk: Risk) -> bool:
    at = risk.next_review_at
    return at is not None and at < timezone.now() and risk.status not in ("draft", "closed")


def _before(text: str) -> int | None:
    """The id that older changes are asked for by; nonsense asks for the latest."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _score(risk: Risk, kind: str, matrix: Matrix) -> dict[str, Any]:
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


def _grid(risk: Risk, matrix: Matrix) -> list[list[tuple[str | None, str]]]:
    """The matrix, highest likelihood first: each cell's level, and the scores that stand in it."""
    return [
        [
            (
                matrix.level(likelihood, impact),
                "".join(
                    kind[0].upper()
                    for kind in KINDS
                    if getattr(risk, f"{kind}_likelihood") == likelihood
                    and getattr(risk, f"{kind}_impact") == impact
                ),
            )
            for impact in SCALE
        ]
        for likelihood in reversed(SCALE)
    ]


def _mitigations(risk: Risk) -> list[Any]:
    """With their actions, and `percent` done."""
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
        mitigation.overdue = bool(
            mitigation.due_date
            and mitigation.due_date < today
            and mitigation.status not in ("done", "cancelled")
        )
    return mitigations


def _findings(risk: Risk) -> list[dict[str, Any]]:
    fields = ("rule", "title", "severity", "state", "last_seen_at", "asset__name")
    return list(Finding.objects.filter(risk=risk).values(*fields)[:MAX_FINDINGS])


def _links(risk: Risk) -> dict[str, list[dict[str, Any]]]:
    """Assets, controls and tags, in one query."""
    title = Concat("identifier", Value(" "), "title")
    parts = (
        _link(Asset.objects.filter(risk_links__risk=risk), "assets", "name", "criticality"),
        _link(Control.objects.filter(risk_links__risk=risk), "controls", title, "status"),
        _link(RiskTag.objects.filter(risk=risk), "tags", "name", Value("")),
    )
    found: dict[str, list[dict[str, Any]]] = {"assets": [], "controls": [], "tags": []}
    for kind, pk, label, note in parts[0].union(*parts[1:], all=True):
        found[kind].append({"id": UUID(pk), "label": label, "note": note})
    for rows in found.values():
        rows.sort(key=lambda row: row["label"].casefold())
    return found


def _link(rows: Any, kind: str, label: Any, note: Any) -> Any:
    texts = (Cast(column, CharField()) for column in ("pk", label, note))
    return rows.order_by().values_list(Value(kind), *texts)


def _subjects(risk: Risk, mitigations: list[Any], acceptances: list[Acceptance]) -> dict[Any, str]:
    """What the history tells of, and what to call it."""
    return {
        risk.pk: "Risk",
        **{mitigation.pk: f"Mitigation {mitigation.reference}" for mitigation in mitigations},
        **{
            action.pk: f"Action “{action.title}”"
            for mitigation in mitigations
            for action in mitigation.actions.all()
        },
        **{acceptance.pk: "Acceptance" for acceptance in acceptances},
    }
