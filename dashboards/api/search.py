"""The search over all kinds of rows, under /api/v1/search/."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboards.search.results import SearchGroup
from dashboards.search.service import ROW_KINDS, search_rows
from openrisk.api.serializers import Serializer
from openrisk.api.viewsets import OrganizationViewSet
from openrisk.errors import InvalidParameters
from openrisk.limits import LONG_TEXT
from risks.models import Risk


class SearchParameters(Serializer):
    q = serializers.CharField(
        max_length=LONG_TEXT,
        help_text="Words, of which all have to stand in a row, or a reference: R-0012, M-3",
    )
    kind = serializers.ChoiceField(
        ROW_KINDS, required=False, help_text="Only this kind: up to 50 hits instead of 5"
    )


class SearchHitSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    reference = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True, help_text="Its level, status, owner ...")
    url = serializers.CharField(help_text="The page that shows it")


class SearchGroupSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(ROW_KINDS)
    label = serializers.CharField()  # type: ignore[assignment]  # a field of this name
    total = serializers.IntegerField(help_text="Of all hits, at most about 1,000")
    has_more_than_total = serializers.BooleanField()
    url = serializers.CharField(help_text="The page that lists all of them")
    hits = SearchHitSerializer(many=True)


class SearchResultSerializer(serializers.Serializer):
    is_cut = serializers.BooleanField(
        help_text="There were more words than are looked for: the first 12, of 200 characters"
    )
    groups = SearchGroupSerializer(many=True)


class SearchViewSet(OrganizationViewSet):
    """Risks, mitigations, assets, controls, findings, people and boards that have all words."""

    model = Risk
    filter_backends = []
    pagination_class = None

    def query_names(self) -> set[str]:
        return set(SearchParameters().fields)

    @extend_schema(
        parameters=[SearchParameters], responses=forced_singular_serializer(SearchResultSerializer)
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The best hits of each kind; the kinds whose best hit is named by the text go first."""
        repeated = {name for name, given in request.query_params.lists() if len(given) > 1}
        if repeated:
            raise InvalidParameters({name: ["Give this once."] for name in repeated})
        parameters = SearchParameters(data=request.query_params.dict())
        if not parameters.is_valid():
            raise InvalidParameters(parameters.errors)
        query = parameters.validated_data
        result = search_rows(self.membership, query["q"], query.get("kind", ""))
        groups = [represent_group(group) for group in result.groups]
        return Response({"is_cut": result.is_cut, "groups": groups})


def represent_group(group: SearchGroup) -> dict[str, Any]:
    names = SearchGroupSerializer().fields
    hit_names = SearchHitSerializer().fields
    represented = {name: value for name, value in asdict(group).items() if name in names}
    hits = [
        {name: value for name, value in hit.items() if name in hit_names}
        for hit in represented["hits"]
    ]
    return {**represented, "hits": hits}
