"""The figures as files: /api/v1/dashboards/<figure>/export/."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any, cast

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as rest
from rest_framework.request import Request

from dashboards.api import serializers
from dashboards.api.export_tables import build_csv_table, build_sheets
from dashboards.api.views import METHODS, PARAMETERS, DashboardViewSet
from openrisk.api.viewsets import OrganizationViewSet
from risks.api.views.exports import FILES, FORMAT, AnyAccept, csv_response, xlsx_response
from risks.exports import MEDIA_TYPES, csv_text, write_sheets
from risks.models import ScoreChange


class FigureExportViewSet(OrganizationViewSet):
    """Each figure as CSV or XLSX, computed for the file: the cache keeps JSON only."""

    model = ScoreChange
    filter_backends = []
    pagination_class = None
    content_negotiation_class = AnyAccept


def export_endpoint(
    name: str, parameters: type[serializers.ScopeParameters], formats: list[str]
) -> Callable[..., Any]:
    def endpoint(self: FigureExportViewSet, request: Request) -> HttpResponseBase:
        scope, others = parameters.parse(request.query_params, self.organization)
        file_format = others.pop(FORMAT)
        # The figure's method asks its view set for the organization, which this one has as well.
        answer = METHODS[name](cast(DashboardViewSet, self), scope, **others)
        slug = f"{name.replace('_', '-')}-{self.organization.slug}"
        file_name = f"{slug}-{scope.day}.{file_format}"
        if file_format == "csv":
            return csv_response(csv_text(build_csv_table(name, answer)), file_name)
        sheets = build_sheets(name, answer)
        return xlsx_response(lambda file: write_sheets(sheets, file), file_name)

    endpoint.__name__ = name
    endpoint.__doc__ = f"{METHODS[name].__doc__} As CSV or XLSX."
    return extend_schema(
        operation_id=f"dashboards_{name}_export",
        parameters=[parameters],
        responses=reduce(or_, (FILES[file_format] for file_format in formats)),
    )(endpoint)


def add_format(
    parameters: type[serializers.ScopeParameters], formats: list[str]
) -> type[serializers.ScopeParameters]:
    """Return the parameters with that of the file's format; the first format is the default."""
    field = rest.ChoiceField(
        choices=formats,
        default=formats[0],
        error_messages={"invalid_choice": f"Write {' or '.join(formats)}."},
    )
    return type(f"{parameters.__name__}OfFile", (parameters,), {FORMAT: field})


for figure_name, figure_parameters in PARAMETERS.items():
    # Several tables at once cannot be one CSV file.
    file_formats = ["xlsx"] if figure_name == "executive" else list(MEDIA_TYPES)
    file_parameters = add_format(figure_parameters, file_formats)
    figure_export = export_endpoint(figure_name, file_parameters, file_formats)
    setattr(FigureExportViewSet, figure_name, figure_export)
