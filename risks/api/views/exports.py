"""The register as a file."""

import tempfile
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from openrisk.api.filters import PAGING, StrictFilterBackend
from openrisk.api.problems import UnknownParameter
from openrisk.api.viewsets import OrganizationViewSet
from risks import exports
from risks.api.filters import RiskFilterSet
from risks.api.serializers.risks import RiskSerializer
from risks.models import Risk
from risks.querysets import RISK_ORDERS

FORMAT = "file_format"
FILES: dict[str, Any] = {  # for the schema, by format
    "csv": {(200, "text/csv"): OpenApiTypes.STR},
    "xlsx": {(200, exports.MEDIA_TYPES["xlsx"]): OpenApiTypes.BINARY},
}


class AnyAccept(BaseContentNegotiation):
    """The parameter says what the answer is; errors are problem+json whatever is accepted."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ExportFilterBackend(StrictFilterBackend):
    """The filters and orders of the list, without its pages."""

    def known_parameters(self, view: Any) -> set[str]:
        return super().known_parameters(view) - PAGING | {FORMAT}


class RiskExportViewSet(OrganizationViewSet):
    model = Risk
    serializer_class = RiskSerializer
    filterset_class = RiskFilterSet
    filter_backends = [ExportFilterBackend]
    pagination_class = None
    content_negotiation_class = AnyAccept
    orders = RISK_ORDERS
    default_order = "reference"
    searchable = True
    http_method_names = ["get", "head", "options"]

    @extend_schema(
        operation_id="risks_export",
        filters=True,
        parameters=[OpenApiParameter(FORMAT, enum=list(exports.MEDIA_TYPES), default="csv")],
        responses=FILES["csv"] | FILES["xlsx"],
    )
    def list(  # type: ignore[override]  # a file, not JSON
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """The risks that the same filters list, as CSV or XLSX that can be imported again."""
        risks = self.filtered_list().rows
        file_format = request.query_params.get(FORMAT, "csv")
        if file_format not in exports.MEDIA_TYPES:
            listed = " or ".join(exports.MEDIA_TYPES)
            raise UnknownParameter({FORMAT: [f"Write {listed}."]})
        return export_response(risks, self.organization, file_format)


def export_response(risks: Any, organization: Any, file_format: str) -> HttpResponseBase:
    """A download of `risks`."""
    name = f"risks-{organization.slug}-{timezone.now():%Y-%m-%d}.{file_format}"
    if file_format == "csv":
        return csv_response(exports.csv_lines(risks, organization), name)
    return xlsx_response(lambda file: exports.write_xlsx(risks, organization, file), name)


def csv_response(lines: Iterable[str], name: str) -> HttpResponseBase:
    return StreamingHttpResponse(
        lines,
        content_type=exports.MEDIA_TYPES["csv"],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def xlsx_response(write: Callable[[BinaryIO], Any], name: str) -> HttpResponseBase:
    """The file is complete before its first byte is sent."""
    file: Any = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    write(file)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=name, content_type=exports.MEDIA_TYPES["xlsx"]
    )
