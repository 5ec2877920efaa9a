"""The queues: what each of them holds, shows and does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Membership, Role
from openrisk.errors import StaleVersion
from risks import states
from risks.models import (
    Acceptance,
    FindingState,
    LikelihoodSuggestion,
    Mitigation,
    ProposalStatus,
    Risk,
    RiskProposal,
    SuggestionStatus,
)
from risks.pages.queues.forms import DecisionForm, PostponeForm
from risks.pages.queues.heat_map import compare_maps, count_by_cell
from risks.querysets import DUE_SOON
from risks.services import acceptances, mitigations, proposals
from risks.services import risks as risk_services
from risks.services.matrix import matrix_of

PEOPLE = ("risk__owner", "risk__category")


@dataclass(frozen=True)
class QueueAction:
    """One way to decide: the button, the key that presses it, and what happens."""

    name: str
    label: str | Promise
    key: str
    done: str | Promise  # the message, with %(item)s
    carry_out: Callable[..., Any]  # of the row and the fields of the form
    warning: str = ""  # asked first where it is hard to take back
    is_primary: bool = False


class Queue:
    """Rows that wait for one person's decision, in a fixed order."""

    slug: ClassVar[str]
    title: ClassVar[str | Promise]
    purpose: ClassVar[str | Promise]
    role: ClassVar[Role] = Role.ANALYST
    order: ClassVar[tuple[str, ...]] = ("created_at", "id")
    icon: ClassVar[str] = "inbox"
    actions: ClassVar[tuple[QueueAction, ...]]

    def rows(self, member: Membership) -> Any:
        """All that wait for this person."""
        raise NotImplementedError

    def risk_of(self, row: Any) -> Risk | None:
        return row.risk

    def name_of(self, row: Any) -> str:
        return str(row.risk.reference)

    def list_fields(self, row: Any) -> tuple[str, str]:
        """Title and note of a row in the list of all."""
        risk = self.risk_of(row)
        return (f"{risk.reference} {risk.title}" if risk else str(row), "")

    def form(self, row: Any, data: Any = None) -> DecisionForm:
        risk = self.risk_of(row)
        return DecisionForm(row.version, risk.version if risk else None, data)

    def context(self, row: Any) -> dict[str, Any]:
        """What the template of the kind shows beside the risk."""
        return {}


def check_versions(row: Any, risk: Risk | None, fields: dict[str, Any]) -> None:
    """Raise StaleVersion where the row or its risk is not what the person saw."""
    seen_risk = fields.pop("seen_risk", None)
    if fields["version"] != row.version or (risk is not None and seen_risk != risk.version):
        raise StaleVersion


class AcceptanceQueue(Queue):
    slug = "acceptances"
    title = gettext_lazy("Acceptances to decide")
    purpose = gettext_lazy("Requests of others to live with a risk until a day.")
    role = Role.MANAGER
    icon = "handshake"

    def rows(self, member: Membership) -> Any:
        waiting = Acceptance.objects.for_organization(member.organization)
        return waiting.to_decide_by(member.user).select_related("requester", *PEOPLE)

    def list_fields(self, row: Any) -> tuple[str, str]:
        title, _note = super().list_fields(row)
        return title, f"{row.requester}, {row.created_at:%-d %b %Y}"

    def context(self, row: Any) -> dict[str, Any]:
        risk = row.risk
        blocked = "accepted" not in states.TRANSITIONS[risk.status]
        leaves = [] if blocked or risk.current_score is None else [cell_of(risk)]
        counts = count_by_cell(row.organization, accepted=False)
        return {
            "maps": compare_maps(matrix_of(row.organization), counts, leaves=leaves),
            "map_caption": _("Open risks that are not accepted"),
            "map_note": _("This risk keeps its status: accepting is not possible from there.")
            if blocked
            else "",
        }

    @staticmethod
    def approve(row: Any, fields: dict[str, Any]) -> None:
        seen = fields.pop("seen_risk")
        acceptances.decide_acceptance(acceptance=row, approve=True, risk_version=seen, **fields)

    @staticmethod
    def reject(row: Any, fields: dict[str, Any]) -> None:
        fields.pop("seen_risk")
        acceptances.decide_acceptance(acceptance=row, approve=False, **fields)

    actions = (
        QueueAction(
            "approve",
            gettext_lazy("Approve…"),
            "a",
            gettext_lazy("The acceptance of %(item)s is approved."),
            approve,
            warning=acceptances.WARNINGS["approve"],
            is_primary=True,
        ),
        QueueAction(
            "reject",
            gettext_lazy("Reject"),
            "r",
            gettext_lazy("The acceptance of %(item)s is rejected."),
            reject,
        ),
    )


class ReviewQueue(Queue):
    slug = "reviews"
    title = gettext_lazy("Reviews due")
    purpose = gettext_lazy("Risks that you review: as their reviewer, else as their owner.")
    order = ("next_review_at", "id")
    icon = "calendar-clock"

    def rows(self, member: Membership) -> Any:
        risks = Risk.objects.for_organization(member.organization)
        due = risks.review_due(timezone.now() + DUE_SOON).filter(review_by=member.user.pk)
        return due.select_related("owner", "category")

    def risk_of(self, row: Any) -> Risk | None:
        return row

    def name_of(self, row: Any) -> str:
        return str(row.reference)

    def list_fields(self, row: Any) -> tuple[str, str]:
        title, _note = super().list_fields(row)
        return title, f"{row.next_review_at:%-d %b %Y}"

    def form(self, row: Any, data: Any = None) -> DecisionForm:
        form = PostponeForm(row.version, row.version, data)
        longest = risk_services.postponement_of(row).days
        form.fields["until"].help_text = _(
            "Only to postpone: at most %(days)s days from today, with a reason"
        ) % {"days": longest}
        return form

    def context(self, row: Any) -> dict[str, Any]:
        return {"overdue": row.is_review_overdue(timezone.now())}

    @staticmethod
    def review(row: Any, fields: dict[str, Any]) -> None:
        known = {name: fields[name] for name in ("actor", "comment", "version")}
        risk_services.mark_reviewed(risk=row, **known)

    @staticmethod
    def postpone(row: Any, fields: dict[str, Any]) -> None:
        known = {name: fields[name] for name in ("actor", "comment", "version", "until")}
        risk_services.postpone_review(risk=row, **known)

    actions = (
        QueueAction(
            "review",
            gettext_lazy("Mark as reviewed"),
            "a",
            gettext_lazy("%(item)s is marked as reviewed."),
            review,
            is_primary=True,
        ),
        QueueAction(
            "postpone",
            gettext_lazy("Postpone"),
            "r",
            gettext_lazy("The review of %(item)s is postponed."),
            postpone,
        ),
    )


class ProposalQueue(Queue):
    slug = "proposals"
    title = gettext_lazy("Proposed risks")
    purpose = gettext_lazy("Risks that findings of scanners propose.")
    icon = "bug"

    def rows(self, member: Membership) -> Any:
        proposed = RiskProposal.objects.for_organization(member.organization)
        return proposed.filter(status=ProposalStatus.PROPOSED).select_related("rule")

    def risk_of(self, row: Any) -> Risk | None:
        return None

    def name_of(self, row: Any) -> str:
        return f"“{row.title}”"

    def list_fields(self, row: Any) -> tuple[str, str]:
        return row.title, f"{row.created_at:%-d %b %Y}"

    def context(self, row: Any) -> dict[str, Any]:
        matrix = matrix_of(row.organization)
        cell = (row.likelihood, row.impact)
        counts = count_by_cell(row.organization, accepted=True)
        still_open = Q(state=FindingState.OPEN)
        return {
            "maps": compare_maps(matrix, counts, enters=[cell]),
            "map_caption": _("Open risks"),
            "map_note": _("A confirmed proposal is a draft, which counts once it is identified."),
            "level": matrix.level(*cell),
            "score": row.likelihood * row.impact,
            "findings": row.findings.aggregate(
                open=Count("pk", filter=still_open),
                all=Count("pk"),
                assets=Count("asset", distinct=True),
            ),
            "examples": row.findings.order_by("-last_seen_at").values(
                "rule", "title", "severity", "asset__name"
            )[:5],
        }

    @staticmethod
    def confirm(row: Any, fields: dict[str, Any]) -> None:
        check_versions(row, None, fields)
        known = {name: fields[name] for name in ("actor", "comment")}
        proposals.confirm_proposal(proposal=row, **known)

    @staticmethod
    def dismiss(row: Any, fields: dict[str, Any]) -> None:
        check_versions(row, None, fields)
        known = {name: fields[name] for name in ("actor", "comment")}
        proposals.dismiss_proposal(proposal=row, **known)

    actions = (
        QueueAction(
            "confirm",
            gettext_lazy("Add as a draft risk"),
            "a",
            gettext_lazy("%(item)s is in the register, as a draft."),
            confirm,
            is_primary=True,
        ),
        QueueAction(
            "dismiss",
            gettext_lazy("Dismiss…"),
            "r",
            gettext_lazy("%(item)s is dismissed."),
            dismiss,
            warning="What is dismissed is not proposed again.",
        ),
    )


class SuggestionQueue(Queue):
    slug = "suggestions"
    title = gettext_lazy("Suggested likelihoods")
    purpose = gettext_lazy("Higher likelihoods that feeds suggest, because something is exploited.")
    icon = "sparkles"

    def rows(self, member: Membership) -> Any:
        suggested = LikelihoodSuggestion.objects.for_organization(member.organization)
        return suggested.filter(status=SuggestionStatus.PROPOSED).select_related(*PEOPLE)

    def list_fields(self, row: Any) -> tuple[str, str]:
        title, _note = super().list_fields(row)
        return title, row.key

    def context(self, row: Any) -> dict[str, Any]:
        risk, matrix = row.risk, matrix_of(row.organization)
        counts = count_by_cell(row.organization, accepted=True)
        is_counted = risk.is_open and risk.current_score is not None
        leaves = [cell_of(risk)] if is_counted else []
        enters = [(row.likelihood, risk.current_impact)] if is_counted else []
        present = proposals.present_likelihood(risk)
        return {
            "maps": compare_maps(matrix, counts, leaves=leaves, enters=enters),
            "map_caption": _("Open risks"),
            "present": present,
            "is_outdated": present != row.present,
            "level": matrix.level(*enters[0]) if enters else None,
            "score": enters[0][0] * enters[0][1] if enters else None,
        }

    @staticmethod
    def accept(row: Any, fields: dict[str, Any]) -> None:
        check_versions(row, row.risk, fields)
        known = {name: fields[name] for name in ("actor", "comment")}
        proposals.accept_suggestion(suggestion=row, **known)

    @staticmethod
    def dismiss(row: Any, fields: dict[str, Any]) -> None:
        check_versions(row, row.risk, fields)
        known = {name: fields[name] for name in ("actor", "comment")}
        proposals.dismiss_suggestion(suggestion=row, **known)

    actions = (
        QueueAction(
            "accept",
            gettext_lazy("Accept"),
            "a",
            gettext_lazy("%(item)s is rated as suggested."),
            accept,
            is_primary=True,
        ),
        QueueAction(
            "dismiss",
            gettext_lazy("Dismiss…"),
            "r",
            gettext_lazy("The suggestion for %(item)s is dismissed."),
            dismiss,
            warning="What is dismissed is not suggested again for this risk.",
        ),
    )


class ValidationQueue(Queue):
    slug = "validations"
    title = gettext_lazy("Mitigations to validate")
    purpose = gettext_lazy("Mitigations that others have implemented: are they effective?")
    order = ("due_date", "id")
    icon = "shield-check"

    def rows(self, member: Membership) -> Any:
        waiting = Mitigation.objects.for_organization(member.organization).with_progress()
        people = ("owner", "implemented_by")
        return waiting.to_validate_by(member.user).select_related(*people, *PEOPLE)

    def name_of(self, row: Any) -> str:
        return str(row.reference)

    def list_fields(self, row: Any) -> tuple[str, str]:
        return f"{row.reference} {row.title}", str(row.owner or "")

    def context(self, row: Any) -> dict[str, Any]:
        actions = row.actions.order_by("order", "id").select_related("done_by")
        return {"mitigation": row, "actions": actions}

    @staticmethod
    def effective(row: Any, fields: dict[str, Any]) -> None:
        fields.pop("seen_risk")
        mitigations.validate_mitigation(mitigation=row, effective=True, **fields)

    @staticmethod
    def not_effective(row: Any, fields: dict[str, Any]) -> None:
        fields.pop("seen_risk")
        mitigations.validate_mitigation(mitigation=row, effective=False, **fields)

    actions = (
        QueueAction(
            "effective",
            gettext_lazy("Effective: done"),
            "a",
            gettext_lazy("%(item)s is effective, and done."),
            effective,
            is_primary=True,
        ),
        QueueAction(
            "not-effective",
            gettext_lazy("Not effective"),
            "r",
            gettext_lazy("%(item)s is not effective, and in progress again."),
            not_effective,
        ),
    )


QUEUES: dict[str, Queue] = {
    queue.slug: queue
    for queue in (
        AcceptanceQueue(),
        ReviewQueue(),
        ValidationQueue(),
        ProposalQueue(),
        SuggestionQueue(),
    )
}


def cell_of(risk: Risk) -> tuple[int, int]:
    """Return the cell of a risk that is assessed."""
    return risk.current_likelihood, risk.current_impact  # type: ignore[return-value]


def count_waiting(member: Membership) -> list[tuple[Queue, int]]:
    """Return the queues of the person with the number of items in each: a query for all."""
    mine = [queue for queue in QUEUES.values() if member.has_role(queue.role)]
    return [(queue, queue.rows(member).order_by().count()) for queue in mine]
