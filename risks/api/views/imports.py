"""Import runs: upload for a preview, look at the rows, apply, undo."""

from typing import Any

from django.db.models import F
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.filters import OrganizationFilterSet
from openrisk.api.viewsets import OrganizationViewSet, WritableViewSet
from risks.api.import_access import require_may_apply, require_may_change, require_may_undo
from risks.api.serializers.imports import (
    ApplySerializer,
    ImportRowSerializer,
    ImportRunSerializer,
    ImportSourceSerializer,
    ReadingSerializer,
    UploadSerializer,
)
from risks.api.views.exports import AnyAccept, xlsx_response
from risks.exports import MEDIA_TYPES
from risks.import_runs import lifecycle, undo
from risks.import_runs.sources import edit_source
from risks.import_runs.summary import summarize_run
from risks.models import ImportRow, ImportRun, ImportSource, Source
from risks.registers import upload as registers
from risks.registers.annotated import annotate_file, marked_name
from risks.registers.options import ReadingOptions
from risks.registers.results import ImportFileError, MappingError
from risks.services import rows as row_services


class UnreadableFile(exceptions.ValidationError):
    """The file as a whole cannot be imported, or not with this mapping."""

    def __init__(self, error: ImportFileError) -> None:
        part = "mapping" if isinstance(error, MappingError) else "file"
        super().__init__({part: [error.message]})
        row = {"row": error.row, "column": error.column, "value": "", "reason": error.message}
        self.extensions = {"rows": [row]}


class ImportFilterSet(OrganizationFilterSet):
    class Meta:
        model = ImportRun
        fields = {"status": ["exact", "in"], "source_name": ["exact", "in"]}


class ImportViewSet(OrganizationViewSet):
    """Analysts look at imports and make their own; managers change those of all."""

    model = ImportRun
    serializer_class = ImportRunSerializer
    filterset_class = ImportFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    read_role = Role.ANALYST
    roles = dict.fromkeys(("create", "preview", "apply", "undo"), Role.ANALYST)
    action_parsers = {"create": (MultiPartParser,)}
    http_method_names = ["get", "post", "head", "options"]

    def get_queryset(self) -> Any:
        """Runs of connectors and packs belong to the marketplace."""
        return super().get_queryset().filter(source=Source.IMPORT)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer}, responses={201: ImportRunSerializer}
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read a file and preview it. The register stays as it is until the run is applied."""
        body = UploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        upload = body.validated_data.pop("file")
        try:
            run = registers.upload_register(
                actor=self.actor,
                organization=self.organization,
                file=upload,
                file_name=upload.name,
                options=ReadingOptions(**body.validated_data),
            )
        except ImportFileError as error:
            raise UnreadableFile(error) from None
        return self.created_response(run)

    @extend_schema(request=ReadingSerializer, responses=ImportRunSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:
        """Read the file again, with the options that the body changes, and preview it.

        Answers a question of the run; without a body, the preview is of the register as it is now.
        """
        run = self.get_object()
        require_may_change(self.membership, run)
        body = ReadingSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        try:
            registers.preview_again(actor=self.actor, run=run, **body.validated_data)
        except ImportFileError as error:
            raise UnreadableFile(error) from None
        return self.row_response(pk)

    @extend_schema(request=ApplySerializer, responses=ImportRunSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Carry the run out as previewed.

        Accepted and closed risks in the file need a manager. 409 while a question is open or rows
        are in error, and when the register changed.
        """
        body = ApplySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        run = self.get_object()
        require_may_apply(self.membership, run)
        lifecycle.apply_run(actor=self.actor, run=run, revision=run.revision, **body.validated_data)
        return self.row_response(pk)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def report(self, request: Request, pk: str) -> Response:
        """The whole report: columns, guesses, notes, errors, stops, edits and counts."""
        return Response(summarize_run(self.get_object()))

    @extend_schema(responses={(200, MEDIA_TYPES["xlsx"]): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccept)
    def annotated(self, request: Request, pk: str) -> HttpResponseBase:
        """The file as a workbook that marks how each cell was read. 409 once it is not stored."""
        run = self.get_object()
        content = annotate_file(run)
        return xlsx_response(lambda file: file.write(content), marked_name(run))

    @extend_schema(request=None, responses=ImportRunSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take an applied run back. 409 with the edits if someone has edited since."""
        run = self.get_object()
        require_may_undo(self.membership, run)
        undo.undo_run(actor=self.actor, run=run)
        return self.row_response(pk)


class ImportRowFilterSet(OrganizationFilterSet):
    class Meta:
        model = ImportRow
        fields = {"action": ["exact", "in"], "model": ["exact", "in"], "row_number": ["exact"]}


class ImportRowViewSet(OrganizationViewSet):
    """The rows of a run: before and after of each field, errors, and where a status stops."""

    model = ImportRow
    serializer_class = ImportRowSerializer
    filterset_class = ImportRowFilterSet
    orders = {"row_number": F("row_number")}
    default_order = "row_number"
    read_role = Role.ANALYST
    http_method_names = ["get", "head", "options"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        mine = ImportRun.objects.for_organization(self.organization)
        return rows.filter(run=get_object_or_404(mine, pk=self.kwargs["run"]))


class ImportSourceFilterSet(OrganizationFilterSet):
    class Meta:
        model = ImportSource
        fields = {"name": ["exact", "in"]}


class ImportSourceViewSet(WritableViewSet):
    """Sources of registers: how their next file is read. Applying a run writes them.

    Deleting one forgets how to read its files; the risks from it stay.
    """

    model = ImportSource
    serializer_class = ImportSourceSerializer
    filterset_class = ImportSourceFilterSet
    orders = {"name": F("name")}
    default_order = "name"
    read_role = Role.ANALYST
    roles = {"partial_update": Role.MANAGER, "destroy": Role.MANAGER}
    update_service = staticmethod(edit_source)
    delete_service = staticmethod(row_services.delete)
    http_method_names = ["get", "patch", "delete", "head", "options"]
