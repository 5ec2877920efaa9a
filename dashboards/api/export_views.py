"""The figures as files: /api/v1/dashboards/<figure>/export/."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any, cast

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as rest
from rest_framework.request import Request

from dashboards.api import export_tables as exports
from dashboards.api import serializers
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


def _export(name: str, parameters: type[serializers.ScopeParameters]) -> Callable[..., Any]:
    def endpoint(self: FigureExportViewSet, request: Request) -> HttpResponseBase:
        scope, others = parameters.read(request.query_params, self.organization)
        file_format = others.pop(FORMAT)
        # The figure's method asks its view set for the organization, and this one has it as well.
        answer = METHODS[name](cast(DashboardViewSet, self), scope, **others)
        kebab = name.replace("_", "-")
        file_name = f"{kebab}-{self.organization.slug}-{scope.day}.{file_format}"
        if file_format == "csv":
            return csv_response(csv_text(exports.build_csv_table(name, answer)), file_name)
        tables = exports.build_sheets(name, answer)
        return xlsx_response(lambda file: write_sheets(tables, file), file_name)

    endpoint.__name__ = name
    endpoint.__doc__ = f"{METHODS[name].__doc__} As CSV or XLSX."
    return extend_schema(
        operation_id=f"dashboards_{name}_export",
        parameters=[parameters],
        responses=reduce(or_, (FILES[file_format] for file_format in formats_of(name))),
    )(endpoint)


def formats_of(figure: str) -> list[str]:
    """The first is the default. Several tables at once are no CSV."""
    return ["xlsx"] if figure == "executive" else list(MEDIA_TYPES)


def _with_format(name: str, parameters: type[serializers.ScopeParameters]) -> Any:
    formats = formats_of(name)
    field = rest.ChoiceField(
        choices=formats,
        default=formats[0],
        error_messages={"invalid_choice": f"Write {' or '.join(formats)}."},
    )
    return type(f"{parameters.__name__}OfFile", (parameters,), {FORMAT: field})


for figure_name, figure_parameters in PARAMETERS.items():
    of_file = _with_format(figure_name, figure_parameters)
    setattr(FigureExportViewSet, figure_name, _export(figure_name, of_file))
