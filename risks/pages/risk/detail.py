"""The page of one risk."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import CharField, Prefetch, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.members.memberships import member_ids
from openrisk.accounts.models import Role
from openrisk.pages.forms import StepForm
from openrisk.pages.guards import MemberRequest, member_required
from risks import states
from risks.history.sentences import Subject
from risks.models import (
    Acceptance,
    AcceptanceStatus,
    Asset,
    Comment,
    Control,
    Finding,
    Matrix,
    Mitigation,
    MitigationAction,
    MitigationStatus,
    Risk,
    RiskTag,
    SuggestionStatus,
)
from risks.models.mitigations import progress_of
from risks.pages.risk.forms import AcceptanceForm, CommentForm
from risks.pages.risk.history import load_activity
from risks.pages.treatment.forms import MitigationActionForm, action_key, mitigation_key
from risks.scoring import KINDS, SCALE
from risks.services.matrix import matrix_of
from risks.services.mitigations import TRANSITIONS
from risks.services.workspace.watches import load_watchers

MAX_FINDINGS = 50
FINDING_FIELDS = ("rule", "title", "severity", "state", "last_seen_at", "asset__name")
LIVE = (AcceptanceStatus.REQUESTED, AcceptanceStatus.APPROVED)


@require_safe
@member_required(Role.VIEWER)
def risk_page(request: MemberRequest, number: int) -> HttpResponse:
    return show_risk(request, find_risk(request, number))


def show_risk(
    request: MemberRequest, risk: Risk, *, sent_form: Any = None, status: int = 200
) -> HttpResponse:
    """Show the page. A form that was sent replaces the empty form with its key."""
    context = page_context(request, risk, sent_form)
    return render(request, "risks/risk/page.html", context, status=status)


def transition_key(to: str) -> str:
    return f"transition-{to}"


def acceptance_key(acceptance: Acceptance) -> str:
    return f"acceptance-{acceptance.pk}"


def confirmation_key(kind: str) -> str:
    return f"confirm-{kind}"


def suggestion_key(suggestion: Any) -> str:
    return f"suggestion-{suggestion.pk}"


def find_risk(request: MemberRequest, number: int) -> Risk:
    """The risk of this number in the organization of the page, or 404."""
    risks = Risk.objects.for_organization(request.membership.organization)
    people = risks.select_related("category", "owner", "assignee", "reviewer")
    risk = get_object_or_404(people, number=number)
    risk.organization = request.membership.organization
    return risk


def page_context(request: MemberRequest, risk: Risk, sent_form: Any = None) -> dict[str, Any]:
    membership = request.membership
    sent_key = sent_form.key if sent_form is not None else None
    form = partial(step_form, sent_form)
    mitigations = load_mitigations(risk)
    acceptances = list(risk.acceptances.select_related("requester", "approver"))
    guard_context = states.GuardContext(risk, timezone.now(), mitigations, acceptances)
    matrix = matrix_of(risk.organization)
    is_analyst, is_manager = membership.has_role(Role.ANALYST), membership.has_role(Role.MANAGER)
    transitions = transition_rows(membership, guard_context, form)
    may_request = is_analyst and not any(row.status in LIVE for row in acceptances)
    suggestions = list(risk.suggestions.filter(status=SuggestionStatus.PROPOSED))
    keys_on_page = {
        *(transition_key(step.to) for step, allowed, _ in transitions if step.open and allowed),
        *(acceptance_key(row) for row in acceptances if is_manager and row.status in LIVE),
        *(suggestion_key(row) for row in suggestions if is_analyst),
        *(confirmation_key(kind) for kind in risk.derived_ratings if is_analyst),
        *(("review", "comment") if is_analyst else ()),
        *(("acceptance",) if may_request else ()),
        *(add_treatment_forms(mitigations, sent_form) if is_analyst else ()),
    }
    return {
        "risk": risk,
        "overdue": risk.is_review_overdue(timezone.now()),
        "scores": [score_row(risk, kind, matrix) for kind in KINDS],
        "figures": figure_rows(risk, form),
        "matrix_rows": matrix_rows(risk, matrix),
        "transitions": transitions,
        "warnings": states.WARNINGS,
        "review_form": form("review", risk.version),
        "comment_form": sent_form if sent_key == "comment" else CommentForm(),
        "sent_form": sent_form,
        "sent_form_is_gone": sent_form is not None and sent_key not in keys_on_page,
        "mitigations": mitigations,
        "members": members_among(risk, mitigations),
        "acceptances": [
            (acceptance, form(acceptance_key(acceptance), acceptance.version))
            for acceptance in acceptances
        ],
        "acceptance_form": sent_form if sent_key == "acceptance" else AcceptanceForm(),
        "may_request": may_request,
        "may_write": is_analyst,
        "may_decide": is_manager,
        "findings": Finding.objects.filter(risk=risk).values(*FINDING_FIELDS)[:MAX_FINDINGS],
        "suggestions": [
            (suggestion, sent_form if sent_key == suggestion_key(suggestion) else None)
            for suggestion in suggestions
        ],
        "links": load_links(risk),
        "activity": load_activity(
            Comment.objects.filter(risk=risk),
            history_subjects(risk, mitigations, acceptances),
            membership,
            request.GET,
            known=[risk, *named_by(risk), *mitigations, *acceptances],
        ),
        "watchers": load_watchers(risk, membership.user),
    }


def transition_rows(
    membership: Any, context: states.GuardContext, form: Any
) -> list[tuple[states.Transition, bool, Any]]:
    """Each move from here, whether the person may make it, and its form."""
    return [
        (
            transition,
            membership.has_role(transition.role),
            form(transition_key(transition.to), context.risk.version),
        )
        for transition in states.list_transitions(context)
    ]


def named_by(risk: Risk) -> list[Any]:
    """Return the category and the people of the risk."""
    return [row for row in (risk.category, risk.owner, risk.assignee, risk.reviewer) if row]


def members_among(risk: Risk, mitigations: list[Any]) -> set[UUID]:
    """Return the ids of the people on the page who are members now."""
    people = {risk.owner_id, risk.assignee_id, risk.reviewer_id}
    return member_ids(risk.organization, people | {row.owner_id for row in mitigations})


def step_form(sent_form: Any, key: str, version: int) -> Any:
    """Return the form that was sent, for the row as it is now; or a new one, by its key."""
    if sent_form is None or sent_form.key != key:
        return StepForm(key, version)
    if isinstance(sent_form, StepForm):
        sent_form.show_version(version)
    return sent_form


def add_treatment_forms(mitigations: list[Any], sent_form: Any) -> set[str]:
    """Give each mitigation the forms of its next status and action; return all their keys."""
    labels = dict(MitigationStatus.choices)
    keys = set()
    for mitigation in mitigations:
        mitigation.steps = [(to, labels[to]) for to in TRANSITIONS[mitigation.status]]
        status_key = mitigation_key(mitigation)
        mitigation.status_form = step_form(sent_form, status_key, mitigation.version)
        form = MitigationActionForm(mitigation=mitigation)
        is_sent = sent_form is not None and sent_form.key == form.key
        mitigation.action_form = sent_form if is_sent else form
        for action in mitigation.actions.all():
            action.form_key = action_key(action)
            keys.add(action.form_key)
        keys |= {status_key, form.key}
    return keys


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


def figure_rows(risk: Risk, form: Any) -> list[tuple[str, str, str, Any]]:
    """For each kind: what the source says, what it is derived from, and the form to confirm it."""
    return [
        (kind, source_rating, derived, form(confirmation_key(kind), risk.version))
        for kind in KINDS
        for source_rating in [risk.source_ratings.get(kind, "")]
        for derived in [risk.derived_ratings.get(kind, "")]
        if source_rating or derived
    ]


def matrix_rows(risk: Risk, matrix: Matrix) -> list[list[tuple[str | None, str]]]:
    """The matrix, highest likelihood first: the level of each cell, and the scores in it."""
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


def history_subjects(
    risk: Risk, mitigations: list[Any], acceptances: list[Acceptance]
) -> dict[UUID, Subject]:
    """The ids of the rows in the history, and how sentences name them."""
    return {
        risk.pk: Subject(_("the risk"), is_main=True),
        **{
            row.pk: Subject(_("mitigation %(reference)s") % {"reference": row.reference})
            for row in mitigations
        },
        **{
            action.pk: Subject(
                _("the action “%(title)s” of %(reference)s")
                % {"title": action.title, "reference": mitigation.reference}
            )
            for mitigation in mitigations
            for action in mitigation.actions.all()
        },
        **{acceptance.pk: Subject(_("the acceptance")) for acceptance in acceptances},
    }
