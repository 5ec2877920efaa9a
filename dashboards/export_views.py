"""The figures as files: /api/v1/dashboards/<figure>/export/."""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as rest
from rest_framework.request import Request

from dashboards import exports, serializers
from dashboards.views import METHODS, PARAMETERS, DashboardViewSet
from openrisk.api.problems import UnknownParameter
from openrisk.api.viewsets import OrganizationViewSet
from risks.exports import MEDIA_TYPES, csv_text, write_sheets
from risks.models import ScoreChange
from risks.views.exports import FORMAT, AnyAccept, csv_response, xlsx_response


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
        if name == "executive" and file_format == "csv":
            raise UnknownParameter(
                {FORMAT: ["This is several tables: ask for xlsx, or for the single figures."]}
            )
        # The figure's method asks its view set for the organization, and this one has it as well.
        answer = METHODS[name](cast(DashboardViewSet, self), scope, **others)
        kebab = name.replace("_", "-")
        file_name = f"{kebab}-{self.organization.slug}-{scope.day}.{file_format}"
        if file_format == "csv":
            return csv_response(csv_text(exports.csv_table(name, answer)), file_name)
        tables = exports.sheets(name, answer)
        return xlsx_response(lambda file: write_sheets(tables, file), file_name)

    endpoint.__name__ = name
    endpoint.__doc__ = f"{METHODS[name].__doc__} As CSV or XLSX."
    return extend_schema(
        operation_id=f"dashboards_{name}_export",
        parameters=[parameters],
        responses={(200, media): OpenApiTypes.BINARY for media in MEDIA_TYPES.values()},
    )(endpoint)


def _with_format(parameters: type[serializers.ScopeParameters]) -> Any:
    field = rest.ChoiceField(choices=list(MEDIA_TYPES), default="csv")
    return type(f"{parameters.__name__}OfFile", (parameters,), {FORMAT: field})


for figure_name, figure_parameters in PARAMETERS.items():
    setattr(FigureExportViewSet, figure_name, _export(figure_name, _with_format(figure_parameters)))
