"""Bulk changes: preview, apply, progress, undo."""

from typing import Any
from uuid import UUID

from django.db.models import F
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.filters import OrganizationFilterSet
from openrisk.api.viewsets import OrganizationViewSet
from risks.api.bulk_access import changes_of, find_own, require_kind
from risks.api.selection import FILTERS
from risks.api.serializers.workspace.bulk_changes import (
    BulkApplySerializer,
    BulkChangeRowSerializer,
    BulkChangeSerializer,
    BulkPreviewSerializer,
)
from risks.models import BulkChange, BulkChangeRow
from risks.services.bulk_changes import lifecycle
from risks.services.bulk_changes.subjects import SUBJECTS
from risks.tasks import apply_bulk_change, undo_bulk_change


class BulkChangeFilterSet(OrganizationFilterSet):
    class Meta:
        model = BulkChange
        fields = {
            "subject": ["exact"],
            "kind": ["exact", "in"],
            "state": ["exact", "in"],
            "actor": ["exact"],
        }


class BulkChangeViewSet(OrganizationViewSet):
    """Analysts see and make their own bulk changes; managers see and undo all of them."""

    model = BulkChange
    serializer_class = BulkChangeSerializer
    filterset_class = BulkChangeFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    read_role = Role.ANALYST
    roles = dict.fromkeys(("create", "preview", "apply", "undo"), Role.ANALYST)
    http_method_names = ["get", "post", "head", "options"]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return changes_of(self.membership)

    @extend_schema(request=BulkPreviewSerializer, responses={201: BulkChangeSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Preview a change of many rows. The register stays as it is until it is applied.

        References that no row here has are listed under `missing`.
        """
        body = BulkPreviewSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = body.validated_data
        subject = fields.pop("subject")
        require_kind(self.membership, fields["kind"], fields["value"], subject)
        references: list[str] = []
        if "query" in fields:
            rows = FILTERS[subject](self.organization, fields["query"])
        else:
            rows, references = lifecycle.find_by_references(
                self.organization, fields.pop("references"), SUBJECTS[subject]
            )
        change = lifecycle.preview_change(
            actor=self.actor,
            organization=self.organization,
            rows=rows,
            references=references,
            **fields,
        )
        return self.created_response(change)

    @extend_schema(request=None, responses=BulkChangeSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:
        """Preview the same change of the same risks as they are now."""
        lifecycle.preview_again(actor=self.actor, change=find_own(self.membership, pk))
        return self.row_response(pk)

    @extend_schema(request=BulkApplySerializer, responses=BulkChangeSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Carry the change out as previewed; a worker does so for more than 500 rows.

        409 when rows have changed since the preview, and when some are refused, unless
        `leave_out_refused`. Ask for the change again until its state is `applied`.
        """
        change = find_own(self.membership, pk)
        body = BulkApplySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        require_kind(self.membership, change.kind, change.value, change.subject)
        apply_bulk_change(actor=self.actor, change=change, **body.validated_data)
        return self.row_response(pk)

    @extend_schema(request=None, responses=BulkChangeSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Give each row its former value again, where no one has changed it since."""
        change = self.get_object()
        require_kind(self.membership, change.kind, change.value, change.subject)
        undo_bulk_change(actor=self.actor, change=change)
        return self.row_response(pk)


class BulkChangeRowFilterSet(OrganizationFilterSet):
    class Meta:
        model = BulkChangeRow
        fields = {"outcome": ["exact", "in"], "reference": ["exact", "in"]}


class BulkChangeRowViewSet(OrganizationViewSet):
    """The rows of a bulk change that was applied, with their values before and after."""

    model = BulkChangeRow
    serializer_class = BulkChangeRowSerializer
    filterset_class = BulkChangeRowFilterSet
    orders = {"reference": F("reference")}
    default_order = "reference"
    read_role = Role.ANALYST
    http_method_names = ["get", "head", "options"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        change: UUID = self.kwargs["change"]
        return rows.filter(change=get_object_or_404(changes_of(self.membership), pk=change))
