"""Findings, the rules that turn them into proposals, and the proposals."""

from typing import Any

from django.conf import settings
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.viewsets import OrganizationViewSet, WritableViewSet, expected_version
from openrisk.caching.decorators import cached_view
from openrisk.caching.freshness.registry import Row
from risks.api.filters import (
    FindingFilterSet,
    FindingRuleFilterSet,
    ProposalFilterSet,
    SuggestionFilterSet,
)
from risks.api.serializers.catalogue import (
    AcceptFindingSerializer,
    FalsePositiveSerializer,
    FindingRuleSerializer,
    FindingSerializer,
    ProposalSerializer,
    RiskOfFindingSerializer,
    RulePreviewSerializer,
    SuggestionSerializer,
)
from risks.api.serializers.risks import CommentSerializer
from risks.api.views.bodies import validate_comment, without_version
from risks.models import (
    Asset,
    Finding,
    FindingRule,
    FindingState,
    LikelihoodSuggestion,
    RiskProposal,
)
from risks.querysets import FINDING_ORDERS
from risks.services import findings as services
from risks.services import proposals, rows
from risks.services.triage import decisions, risks_of_findings, rules

TTL = settings.CACHE_TTL_RISKS


class FindingViewSet(WritableViewSet):
    model = Finding
    serializer_class = FindingSerializer
    filterset_class = FindingFilterSet
    orders = FINDING_ORDERS
    default_order = "-last_seen_at"
    searchable = True
    create_service = staticmethod(services.create_finding)
    update_service = staticmethod(services.update_finding)
    delete_service = staticmethod(rows.delete)

    roles = dict.fromkeys(("accept", "false_positive", "reopen", "risk"), Role.ANALYST)
    preconditions = {
        **WritableViewSet.preconditions,
        **dict.fromkeys(("accept", "false_positive", "reopen", "risk"), False),
    }

    list = cached_view("findings", ttl=TTL, reads=(Finding, Asset))(WritableViewSet.list)
    retrieve = cached_view("findings", ttl=TTL, reads=(Row(Finding), Asset))(
        WritableViewSet.retrieve
    )

    @extend_schema(request=AcceptFindingSerializer, responses=FindingSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Accept the finding until a day. It is open again when that day is over."""
        return self.decide(request, AcceptFindingSerializer, FindingState.ACCEPTED)

    @extend_schema(request=FalsePositiveSerializer, responses=FindingSerializer)
    @action(detail=True, methods=["post"], url_path="false-positive")
    def false_positive(self, request: Request, pk: str) -> Response:
        """Call the finding a false positive, until a day or for good."""
        return self.decide(request, FalsePositiveSerializer, FindingState.FALSE_POSITIVE)

    def decide(self, request: Request, body_class: Any, state: str) -> Response:
        finding = self.get_object()
        body = body_class(data=without_version(request.data))
        body.is_valid(raise_exception=True)
        decisions.decide_finding(
            actor=self.actor,
            finding=finding,
            state=state,
            version=expected_version(request),
            **body.validated_data,
        )
        return self.row_response(finding.pk)

    @extend_schema(request=CommentSerializer, responses=FindingSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """End an acceptance or a false positive."""
        finding = self.get_object()
        decisions.reopen_finding(
            actor=self.actor,
            finding=finding,
            version=expected_version(request),
            **validate_comment(without_version(request.data)),
        )
        return self.row_response(finding.pk)

    @extend_schema(request=RiskOfFindingSerializer, responses=FindingSerializer)
    @action(detail=True, methods=["post"])
    def risk(self, request: Request, pk: str) -> Response:
        """Make a risk of the finding; `risk` of the answer is its id. 409 where it has one."""
        finding = self.get_object()
        body = RiskOfFindingSerializer(data=without_version(request.data))
        body.is_valid(raise_exception=True)
        findings = Finding.objects.filter(pk=finding.pk)
        suggested = risks_of_findings.suggest_risk(self.organization, findings)
        risks_of_findings.make_risk_of(
            actor=self.actor,
            finding=finding,
            version=expected_version(request),
            **(suggested.fields | body.validated_data),
        )
        return self.row_response(finding.pk)


class FindingRuleViewSet(WritableViewSet):
    model = FindingRule
    serializer_class = FindingRuleSerializer
    filterset_class = FindingRuleFilterSet
    orders = {"name": F("name")}
    default_order = "name"
    roles = {
        "create": Role.MANAGER,
        "partial_update": Role.MANAGER,
        "preview": Role.ANALYST,
    }
    create_service = staticmethod(rules.create_rule)
    update_service = staticmethod(rules.update_rule)
    delete_service = staticmethod(rows.delete)

    @extend_schema(request=FindingRuleSerializer, responses=RulePreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Return what a rule would propose of the findings there are. Nothing is saved."""
        fields = self.validate_body(request)
        fields.pop("confirmed", None)
        rule = FindingRule(organization=self.organization, **fields)
        return Response(RulePreviewSerializer(rules.preview_rule(rule)).data)


class ProposalCountSerializer(serializers.Serializer):
    proposed = serializers.IntegerField()


class ProposalViewSet(OrganizationViewSet):
    """Risks that findings propose. A person confirms one (a draft risk) or dismisses it."""

    model = RiskProposal
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    roles = {"run": Role.ANALYST, "confirm": Role.ANALYST, "dismiss": Role.ANALYST}

    @extend_schema(request=None, responses=ProposalCountSerializer)
    @action(detail=False, methods=["post"])
    def run(self, request: Request) -> Response:
        """Look at all open findings with the active rules; returns how many proposals are new."""
        proposed = proposals.propose_risks(actor=self.actor, organization=self.organization)
        return Response({"proposed": proposed})

    @extend_schema(request=CommentSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        return self.decide(request, proposals.confirm_proposal)

    @extend_schema(request=CommentSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        return self.decide(request, proposals.dismiss_proposal)

    def decide(self, request: Request, service: Any) -> Response:
        proposal = self.get_object()
        service(actor=self.actor, proposal=proposal, **validate_comment(request.data))
        return self.row_response(proposal.pk)


class SuggestionViewSet(OrganizationViewSet):
    """Likelihoods that feeds suggest for risks. A person accepts a suggestion or dismisses it."""

    model = LikelihoodSuggestion
    serializer_class = SuggestionSerializer
    filterset_class = SuggestionFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    roles = {"accept": Role.ANALYST, "dismiss": Role.ANALYST}

    @extend_schema(request=CommentSerializer, responses=SuggestionSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Rate the risk as suggested. 409 where it is rated at least so likely meanwhile."""
        return self.decide(request, proposals.accept_suggestion)

    @extend_schema(request=CommentSerializer, responses=SuggestionSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        return self.decide(request, proposals.dismiss_suggestion)

    def decide(self, request: Request, service: Any) -> Response:
        suggestion = self.get_object()
        service(actor=self.actor, suggestion=suggestion, **validate_comment(request.data))
        return self.row_response(suggestion.pk)
