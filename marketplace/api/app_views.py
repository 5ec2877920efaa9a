"""The marketplace under /api/v1/marketplace/."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from marketplace import tasks
from marketplace.api.filters import (
    AppFilterSet,
    DeliveryFilterSet,
    ReviewFilterSet,
    SyncRunFilterSet,
)
from marketplace.api.serializers import (
    AppSerializer,
    CatalogueParameters,
    ConfigureSerializer,
    ConnectorDetailSerializer,
    ConnectorPageSerializer,
    DeliverySerializer,
    HealthSerializer,
    ReviewSerializer,
    StaysSerializer,
    SyncRunSerializer,
    SyncSerializer,
    SyncUploadSerializer,
)
from marketplace.installations import catalogue, lifecycle, reviews
from marketplace.installations.health import derive_health
from marketplace.models import Delivery, InstalledApp, Rating, Review, SyncRun
from marketplace.registry import available_connectors
from marketplace.sync import runs
from openrisk.accounts.models import Role
from openrisk.api.parsers import OrjsonParser
from openrisk.api.viewsets import OrganizationViewSet, WritableViewSet, expected_version
from openrisk.caching.decorators import cached_view
from openrisk.caching.freshness.registry import Row
from risks.api.views.imports import ImportRowViewSet
from risks.models import ImportRow

ADMINS = ("create", "partial_update", "destroy", "configure", "test", "enable", "disable")


class ConnectorViewSet(OrganizationViewSet):
    """The catalogue of connectors that can be installed."""

    model = InstalledApp  # of which it counts those of the organization
    lookup_field = "slug"
    lookup_value_converter = "slug"
    pagination_class = None  # there are only so many
    filter_backends = []
    http_method_names = ["get", "head", "options"]

    def query_names(self) -> set[str]:
        return set(CatalogueParameters().fields) if self.is_list else set()

    @extend_schema(parameters=[CatalogueParameters], responses=ConnectorPageSerializer)
    @cached_view("connectors", ttl=settings.CACHE_TTL_CONNECTORS, reads=(InstalledApp, Rating))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        parameters = CatalogueParameters(data=request.query_params.dict())
        parameters.is_valid(raise_exception=True)
        rows = catalogue.list_connectors(self.organization, **parameters.validated_data)
        return Response({"count": len(rows), "next": None, "previous": None, "results": rows})

    @extend_schema(responses=ConnectorDetailSerializer)
    @cached_view("connectors", ttl=settings.CACHE_TTL_CONNECTORS, reads=(InstalledApp, Rating))
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        connector = available_connectors().get(kwargs["slug"])
        if connector is None:
            raise Http404
        return Response(catalogue.describe_connector(self.organization, connector))


class AppViewSet(WritableViewSet):
    """The installed apps of the organization. Administrators install; managers run."""

    model = InstalledApp
    serializer_class = AppSerializer
    filterset_class = AppFilterSet
    orders = {"name": F("name"), "created_at": F("created_at")}
    default_order = "name"
    roles = {**dict.fromkeys(ADMINS, Role.ADMIN), "sync": Role.MANAGER, "uninstall": Role.ADMIN}
    create_service = staticmethod(lifecycle.install_app)
    http_method_names = ["get", "post", "patch", "head", "options"]

    list = cached_view("apps", ttl=settings.CACHE_TTL_APPS, reads=(InstalledApp,))(
        WritableViewSet.list
    )
    retrieve = cached_view("apps", ttl=settings.CACHE_TTL_APPS, reads=(Row(InstalledApp),))(
        WritableViewSet.retrieve
    )

    @extend_schema(request=ConfigureSerializer, responses=AppSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the configuration, the schedule or the mode."""
        app = self.get_object()
        body = ConfigureSerializer(data=to_dict(request.data, but="version"))
        body.is_valid(raise_exception=True)
        lifecycle.configure_app(
            actor=self.actor,
            instance=app,
            version=expected_version(request),
            **body.validated_data,
        )
        return self.row_response(app.pk)

    @extend_schema(request=ConfigureSerializer, responses=AppSerializer)
    @action(detail=True, methods=["post"])
    def configure(self, request: Request, pk: str) -> Response:
        """The same as PATCH."""
        return self.partial_update(request, pk=pk)

    @extend_schema(request=None, responses={202: AppSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Let a worker read the source or send a test message.

        The app, at `Location`, has a `test_queued_at` until the test is done. Then its state is
        tested, or error with a `reason`.
        """
        tasks.enqueue_test(actor=self.actor, app=self.get_object())
        answer = self.row_response(pk)
        location = reverse("apps-detail", kwargs={"pk": pk}, request=request)
        return Response(answer.data, status.HTTP_202_ACCEPTED, headers={"Location": location})

    @extend_schema(request=None, responses=AppSerializer)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str) -> Response:
        """Let the app work by itself. 409 unless its test has succeeded."""
        lifecycle.enable_app(actor=self.actor, app=self.get_object())
        return self.row_response(pk)

    @extend_schema(request=None, responses=AppSerializer)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str) -> Response:
        lifecycle.disable_app(actor=self.actor, app=self.get_object())
        return self.row_response(pk)

    @extend_schema(request=None, responses=StaysSerializer)
    @action(detail=True, methods=["post"])
    def uninstall(self, request: Request, pk: str) -> Response:
        """Stop the app and forget its secrets. Returns the objects that stay in the register."""
        return Response({"stays": lifecycle.uninstall_app(actor=self.actor, app=self.get_object())})

    @extend_schema(
        request={"multipart/form-data": SyncUploadSerializer, "application/json": SyncSerializer},
        responses={202: SyncRunSerializer},
    )
    @action(detail=True, methods=["post"], parser_classes=(OrjsonParser, MultiPartParser))
    def sync(self, request: Request, pk: str) -> Response:
        """Queue a run; `mode` is preview (the default) or apply. The run has the result."""
        app = self.get_object()
        data = to_dict(request.data)
        if isinstance(data, dict):
            data = {**request.query_params.dict(), **data}
        body = SyncUploadSerializer(data=data)
        body.is_valid(raise_exception=True)
        file = body.validated_data.get("file")
        with transaction.atomic():
            run = runs.queue_run(
                actor=self.actor,
                app=app,
                mode=body.validated_data["mode"],
                file=file,
                file_name=file.name if file else "",
            )
            tasks.enqueue_run(run)
        location = reverse("runs-detail", kwargs={"pk": run.pk}, request=request)
        return Response(
            represent_run(run), status.HTTP_202_ACCEPTED, headers={"Location": location}
        )

    @extend_schema(responses=HealthSerializer)
    @action(detail=True, methods=["get"])
    def health(self, request: Request, pk: str) -> Response:
        """Connection, credential, freshness and last outcome, each derived from what happened."""
        return Response(derive_health(self.get_object()))


def to_dict(data: Any, but: str = "") -> Any:
    """The body as a dict without the field `but`; anything else as it is."""
    if not isinstance(data, dict):
        return data
    fields = data.dict() if isinstance(data, QueryDict) else data
    return {name: value for name, value in fields.items() if name != but}


def represent_run(run: SyncRun) -> dict[str, Any]:
    serializer = SyncRunSerializer()
    rows = SyncRun.objects.filter(pk=run.pk).values(*serializer.row_paths())
    return serializer.represent(list(rows))[0]


class SyncRunViewSet(OrganizationViewSet):
    """Runs of apps, with what they read and change."""

    model = SyncRun
    serializer_class = SyncRunSerializer
    filterset_class = SyncRunFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    read_role = Role.ANALYST
    roles = {"apply": Role.MANAGER, "undo": Role.MANAGER}
    http_method_names = ["get", "post", "head", "options"]

    @extend_schema(request=None, responses=SyncRunSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Apply a previewed or quarantined run. Rejected rows are left out."""
        runs.apply_run(actor=self.actor, sync_run=self.get_object())
        return self.row_response(pk)

    @extend_schema(request=None, responses=SyncRunSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Undo an applied run. 409 with the edits if someone has edited what it wrote."""
        runs.undo_run(actor=self.actor, sync_run=self.get_object())
        return self.row_response(pk)


class SyncRowViewSet(ImportRowViewSet):
    """The rows of a run. `changes_only` leaves out unchanged ones."""

    changes_only = False

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return ImportRow.objects.none()
        mine = SyncRun.objects.for_organization(self.organization)
        sync_run = get_object_or_404(mine, pk=self.kwargs["run"])
        rows = ImportRow.objects.for_organization(self.organization).filter(
            run=sync_run.import_run_id
        )
        return rows.exclude(action="unchanged") if self.changes_only else rows


class DeliveryViewSet(OrganizationViewSet):
    """Messages about events, and whether they were accepted."""

    model = Delivery
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    read_role = Role.ANALYST
    http_method_names = ["get", "head", "options"]


class ReviewViewSet(WritableViewSet):
    """The organization's reviews of connectors that it has installed."""

    model = Review
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    create_service = staticmethod(reviews.create_review)
    update_service = staticmethod(reviews.update_review)
    delete_service = staticmethod(reviews.delete_review)
