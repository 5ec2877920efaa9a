"""Queues of what scanners and feeds propose: risks and likelihoods."""

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Membership
from risks.models import (
    FindingState,
    LikelihoodSuggestion,
    ProposalStatus,
    Risk,
    RiskProposal,
    SuggestionStatus,
)
from risks.pages.queues.base import PEOPLE, Queue, QueueAction, cell_of, check_versions
from risks.pages.queues.heat_map import compare_maps, count_by_cell
from risks.services import proposals
from risks.services.matrix import matrix_of


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
            gettext_lazy("%(item)s is a draft risk now."),
            confirm,
            is_primary=True,
        ),
        QueueAction(
            "dismiss",
            gettext_lazy("Dismiss…"),
            "r",
            gettext_lazy("%(item)s is dismissed."),
            dismiss,
            warning=gettext_lazy("What is dismissed is not proposed again."),
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
            warning=gettext_lazy("What is dismissed is not suggested again for this risk."),
        ),
    )
