"""Queues of what people ask for: acceptances, reviews and validations."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Membership, Role
from risks import states
from risks.models import Acceptance, Mitigation, Risk
from risks.pages.queues.base import PEOPLE, Queue, QueueAction, cell_of
from risks.pages.queues.forms import DecisionForm, PostponeForm
from risks.pages.queues.heat_map import compare_maps, count_by_cell
from risks.querysets import DUE_SOON
from risks.services import acceptances, mitigations
from risks.services import risks as risk_services
from risks.services.matrix import matrix_of


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
        due = risks.review_due(timezone.now() + DUE_SOON).reviewed_by(member.user)
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
