"""The organization's one matrix."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.viewsets import WritableViewSet, expected_version
from risks.api.serializers.risks import LevelsSerializer, MatrixPreviewSerializer, MatrixSerializer
from risks.models import Matrix
from risks.services import matrix as services


class MatrixViewSet(WritableViewSet):
    """`/matrix/`: read it, change it (re-bands every risk), or preview a change."""

    model = Matrix
    serializer_class = MatrixSerializer
    roles = {"partial_update": Role.ADMIN, "preview": Role.VIEWER}
    pagination_class = None
    filter_backends = []

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().retrieve(request, pk=services.matrix_of(self.organization).pk)

    def partial_update(self, request: Request, *args: object, **kwargs: object) -> Response:
        matrix = services.matrix_of(self.organization)
        services.update_matrix(
            actor=self.actor,
            instance=matrix,
            version=expected_version(request),
            **self.validate_body(request, matrix),
        )
        return self.row_response(matrix.pk)

    @extend_schema(request=LevelsSerializer, responses=MatrixPreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Count the risks that would change their level, by old and new level. Changes nothing."""
        body = LevelsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(services.preview_levels(self.organization, **body.validated_data))
