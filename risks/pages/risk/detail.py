"""The page of one risk: what each tab shows, in `RiskPage`."""

from dataclasses import replace
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.pages.forms import StepForm
from openrisk.pages.guards import MemberRequest, member_required
from risks import states
from risks.custom_fields.services import fields_of
from risks.history.sentences import Subject
from risks.models import (
    Acceptance,
    AcceptanceStatus,
    Finding,
    Matrix,
    Risk,
    SuggestionStatus,
)
from risks.pages.custom_fields import shown_fields
from risks.pages.risk import tabs
from risks.pages.risk.explanation import explain_score, is_above_appetite
from risks.pages.risk.forms import (
    RATING_TITLES,
    AcceptanceForm,
    CommentForm,
    LinksForm,
    RateForm,
    load_linked_rows,
)
from risks.pages.risk.history import load_activity
from risks.pages.risk.loading import (
    load_links,
    load_mitigations,
    members_among,
    rating_marks,
    score_row,
    tab_counts,
    with_parts,
)
from risks.pages.risk.score_chart import load_score_chart
from risks.pages.widgets import RatingPicker
from risks.pages.workspace.deleted import show_deleted_risk
from risks.pages.workspace.evidence import load_card
from risks.pages.workspace.relation_form import RelationForm
from risks.querysets import FINDING_ORDERS
from risks.scoring import KINDS
from risks.services.matrix import matrix_of
from risks.services.workspace.relations import open_duplicate_of, related_risks

FINDINGS_ON_PAGE = 50
FINDINGS_ON_PAPER = 500
FINDING_FIELDS = ("pk", "rule", "title", "severity", "state", "last_seen_at", "asset__name")
LIVE = (AcceptanceStatus.REQUESTED, AcceptanceStatus.APPROVED)


@require_safe
@member_required(Role.VIEWER)
def risk_page(request: MemberRequest, number: int) -> HttpResponse:
    try:
        risk = find_risk(request, number)
    except Http404:
        if deleted := show_deleted_risk(request, number):
            return deleted
        raise
    if request.GET.get("print") == "yes":
        return render(request, "risks/risk/print.html", PrintedRiskPage(request, risk).context())
    return show_risk(request, risk)


def show_risk(
    request: MemberRequest, risk: Risk, *, sent_form: Any = None, status: int = 200
) -> HttpResponse:
    """Show the page. A form that was sent replaces the empty form with its key, on its tab."""
    context = RiskPage(request, risk, sent_form).context()
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
    risk = get_object_or_404(with_parts(people, request.membership.user), number=number)
    risk.organization = request.membership.organization
    return risk


class RiskPage:
    """The page as one member sees it: what is on every tab, and on the one that is open.

    Each tab reads only what it shows.
    """

    findings_on_page = FINDINGS_ON_PAGE

    def __init__(self, request: MemberRequest, risk: Risk, sent_form: Any = None) -> None:
        self.request, self.risk, self.sent_form = request, risk, sent_form
        self.membership = request.membership
        self.sent_key = sent_form.key if sent_form is not None else None
        self.tab = (
            tabs.tab_of_form(sent_form.key)
            if sent_form is not None
            else tabs.parse_tab(request.GET.get("tab", ""))
        )
        self.may_write = self.membership.has_role(Role.ANALYST)
        self.may_decide = self.membership.has_role(Role.MANAGER)
        self.form = partial(step_form, sent_form)
        self.keys: set[str] = set()  # of the forms on the page

    def context(self) -> dict[str, Any]:
        contents = {
            tabs.OVERVIEW: self.overview,
            tabs.TREATMENT: self.treatment,
            tabs.FINDINGS: self.findings,
            tabs.EVIDENCE: self.evidence,
            tabs.ACTIVITY: self.activity,
        }
        context = {**self.frame(), **contents[self.tab]()}
        is_gone = self.sent_form is not None and self.sent_key not in self.keys
        return {**context, "sent_form": self.sent_form, "sent_form_is_gone": is_gone}

    @cached_property
    def matrix(self) -> Matrix:
        return matrix_of(self.risk.organization)

    @cached_property
    def mitigations(self) -> list[Any]:
        return load_mitigations(self.risk)

    @cached_property
    def acceptances(self) -> list[Acceptance]:
        return list(self.risk.acceptances.select_related("requester", "approver"))

    @cached_property
    def transitions(self) -> list[tuple[states.Transition, bool, Any]]:
        if self.tab in (tabs.TREATMENT, tabs.ACTIVITY):  # they show these rows anyway
            context = states.GuardContext(
                self.risk, timezone.now(), self.mitigations, self.acceptances
            )
        else:
            context = states.guard_context_of(self.risk)
        return transition_rows(self.membership, context, self.form)

    def frame(self) -> dict[str, Any]:
        """Return what is on every tab."""
        risk = self.risk
        admin = reverse("admin:risks_risk_change", args=[risk.pk]) if self.may_decide else ""
        return {
            "risk": risk,
            "tab": self.tab,
            "tabs": tabs.build_tabs(
                self.request.organization_slug, risk.reference, self.tab, tab_counts(risk)
            ),
            "overdue": risk.is_review_overdue(timezone.now()),
            "above_appetite": is_above_appetite(risk),
            "transitions": self.transitions,
            **self.next_step(),
            "warnings": states.WARNINGS,
            "members": members_among(risk, self.mitigations if self.tab == tabs.TREATMENT else []),
            "may_write": self.may_write,
            "may_decide": self.may_decide,
            "admin_url": admin,
        }

    def next_step(self) -> dict[str, Any]:
        """Return the first step from here, and where to remove the reasons against it."""
        if not self.transitions:
            return {"next_step": None}
        first = self.transitions[0]
        tab = tabs.TAB_OF_STATUS.get(first[0].to, tabs.OVERVIEW)
        address = tabs.tab_address(self.request.organization_slug, self.risk.reference, tab)
        return {"next_step": first, "next_step_url": address}

    def overview(self) -> dict[str, Any]:
        risk, form = self.risk, self.form
        suggestions = list(risk.suggestions.filter(status=SuggestionStatus.PROPOSED))
        if self.may_write:
            self.keys |= {
                *(
                    transition_key(step.to)
                    for step, may, _ in self.transitions
                    if step.open and may
                ),
                *(suggestion_key(row) for row in suggestions),
                *(confirmation_key(kind) for kind in risk.derived_ratings),
                *("review", "rate", "links", "relation"),
            }
        links_form = self.links_form()
        links = linked_to_show(links_form) if links_form else load_links(risk)
        related = related_risks(risk)
        relation_form = self.sent_form if self.sent_key == "relation" else None
        return {
            "custom_fields": shown_fields(fields_of(risk.organization), risk),
            "related": related,
            "duplicate_of": open_duplicate_of(risk, related),
            "relation_form": relation_form or RelationForm(risk.organization),
            "scores": [score_row(risk, kind, self.matrix) for kind in KINDS],
            "derived": [
                (kind, text, form(confirmation_key(kind), risk.version))
                for kind, text in risk.derived_ratings.items()
            ],
            "explanation": explain_score(risk, self.matrix, links["assets"]),
            "chart": load_score_chart(risk, self.matrix),
            "review_form": form("review", risk.version),
            "suggestions": [
                (row, self.sent_form if self.sent_key == suggestion_key(row) else None)
                for row in suggestions
            ],
            "links": links,
            "links_form": links_form,
            **self.rating(),
        }

    def rating(self) -> dict[str, Any]:
        """Return the form to rate, of the kind that was chosen or is due next."""
        risk = self.risk
        kind = self.request.GET.get("rate", "")
        if self.sent_key == "rate":
            form = self.sent_form
            form.show_version(risk.version)
        else:
            due = "residual" if risk.inherent_score is not None else "inherent"
            form = RateForm(kind if kind in KINDS else due, self.matrix, risk)
        title = str(RATING_TITLES[form.kind])
        picker = RatingPicker(form, form.kind, self.matrix, title, marks=rating_marks(risk))
        return {"rate_form": form, "picker": picker, "rating_kinds": KINDS}

    def links_form(self) -> LinksForm | None:
        """Return the form of the links, where it was asked for or sent."""
        if self.sent_key == "links":
            self.sent_form.show_version(self.risk.version)
            sent: LinksForm = self.sent_form
            return sent
        if self.may_write and self.request.GET.get("edit") == "links":
            return LinksForm(self.risk, load_linked_rows(self.risk))
        return None

    def treatment(self) -> dict[str, Any]:
        may_request = self.may_write and not any(row.status in LIVE for row in self.acceptances)
        if may_request:
            self.keys.add("acceptance")
        if self.may_decide:
            self.keys |= {acceptance_key(row) for row in self.acceptances if row.status in LIVE}
        is_sent = self.sent_key == "acceptance"
        return {
            "mitigations": self.mitigations,
            "acceptances": [
                (row, self.form(acceptance_key(row), row.version)) for row in self.acceptances
            ],
            "acceptance_form": self.sent_form if is_sent else AcceptanceForm(),
            "may_request": may_request,
        }

    def findings(self) -> dict[str, Any]:
        rows = Finding.objects.filter(risk=self.risk).values(*FINDING_FIELDS)
        ordered = rows.order_by("state", FINDING_ORDERS["severity"].desc(), "id")  # type: ignore[attr-defined]
        pages = Paginator(ordered, self.findings_on_page)
        return {"findings": pages.get_page(self.request.GET.get("page"))}

    def evidence(self) -> dict[str, Any]:
        return {"evidence": load_card(self.membership, self.risk)}

    def activity(self) -> dict[str, Any]:
        if self.may_write:
            self.keys.add("comment")
        return {
            "comment_form": self.sent_form if self.sent_key == "comment" else CommentForm(),
            "activity": load_activity(
                self.request,
                self.risk,
                history_subjects(self.risk, self.mitigations, self.acceptances),
                tabs.tab_address(
                    self.request.organization_slug, self.risk.reference, tabs.ACTIVITY
                ),
                known=[self.risk, *named_by(self.risk), *self.mitigations, *self.acceptances],
            ),
        }


def linked_to_show(form: LinksForm) -> dict[str, list[dict[str, Any]]]:
    """Return the assets as `load_links` does, from the rows that the form has loaded."""
    assets = form.initial["assets"]
    return {"assets": [{"label": row.name, "note": row.criticality} for row in assets]}


class PrintedRiskPage(RiskPage):
    """All tabs one below the other, as someone sees them who may only read."""

    findings_on_page = FINDINGS_ON_PAPER

    def __init__(self, request: MemberRequest, risk: Risk) -> None:
        super().__init__(request, risk)
        self.tab = tabs.TREATMENT  # its rows are loaded, so the others use them
        self.may_write = self.may_decide = False

    def context(self) -> dict[str, Any]:
        return {
            **self.frame(),
            **self.overview(),
            **self.treatment(),
            **self.findings(),
            **self.evidence(),
            **self.activity(),
            "is_print": True,
        }

    def evidence(self) -> dict[str, Any]:
        return {"evidence": replace(load_card(self.membership, self.risk), may_write=False)}


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


def step_form(sent_form: Any, key: str, version: int) -> Any:
    """Return the form that was sent, for the row as it is now; or a new one, by its key."""
    if sent_form is None or sent_form.key != key:
        return StepForm(key, version)
    if isinstance(sent_form, StepForm):
        sent_form.show_version(version)
    return sent_form


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
