"""Content packs under /api/v1/marketplace/."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.filters import PackChangeFilterSet
from marketplace.api.serializers import (
    MatrixChoiceSerializer,
    PackChangeSerializer,
    PackInstallSerializer,
    PackPageSerializer,
    PackSerializer,
    PackUploadSerializer,
    StaysSerializer,
)
from marketplace.models import InstalledPack, PackChange, PackStatus
from marketplace.packs import installation
from marketplace.packs.archive import Pack, shipped_packs
from marketplace.packs.errors import BadPack
from openrisk.accounts.models import Organization, Role
from openrisk.api.parsers import OrjsonParser
from openrisk.api.viewsets import OrganizationViewSet
from openrisk.caching.decorators import cached_view
from risks.api.serializers.risks import MatrixSerializer
from risks.api.views.imports import ImportRowViewSet
from risks.models import ImportRow


def list_packs(organization: Organization) -> list[dict[str, Any]]:
    """The packs that come with OpenRisk and those that are installed, by id."""
    installed = {pack.pack: pack for pack in InstalledPack.objects.for_organization(organization)}
    available = shipped_packs()
    names = sorted(available.keys() | installed.keys())
    return [build_pack_row(name, available.get(name), installed.get(name)) for name in names]


def build_pack_row(name: str, pack: Pack | None, installed: InstalledPack | None) -> dict[str, Any]:
    about: Any = pack.manifest if pack else installed
    is_installed = installed is not None and installed.status == PackStatus.INSTALLED
    contents = pack.contents if pack else []
    return {
        "pack": name,
        "name": about.name,
        "summary": pack.manifest.summary if pack else "",
        "publisher": about.publisher,
        "licence": about.licence,
        "available": pack.manifest.version if pack else None,
        "installed": installed.pack_version if installed and is_installed else None,
        "id": installed.pk if installed else None,
        "trust": installed.trust
        if installed and is_installed
        else pack.trust.value
        if pack
        else "",
        "matrices": [m["id"] for kind, v in contents if kind == "matrices" for m in v["matrices"]],
    }


class BadPackFile(exceptions.ValidationError):
    def __init__(self, error: BadPack) -> None:
        super().__init__({"file": [str(error)]})


class PackViewSet(OrganizationViewSet):
    """Packs. Administrators install them; everyone can see them."""

    model = InstalledPack
    serializer_class = PackSerializer
    roles = dict.fromkeys(("create", "roll_back", "uninstall", "matrix"), Role.ADMIN)
    action_parsers = {"create": (OrjsonParser, MultiPartParser)}
    pagination_class = None  # there are only so many
    filter_backends = []
    http_method_names = ["get", "post", "head", "options"]

    def query_names(self) -> set[str]:
        return set()

    @extend_schema(responses=PackPageSerializer)
    @cached_view("packs", ttl=settings.CACHE_TTL_CONNECTORS, reads=(InstalledPack,))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = list_packs(self.organization)
        return Response({"count": len(rows), "next": None, "previous": None, "results": rows})

    @extend_schema(
        request={
            "multipart/form-data": PackUploadSerializer,
            "application/json": PackInstallSerializer,
        },
        responses={201: PackChangeSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Preview an installation or upgrade; `mode=apply` also applies it."""
        body = PackUploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        options = body.validated_data
        try:
            file = options.get("file")
            pack = (
                installation.open_uploaded_pack(file)
                if file
                else installation.shipped_pack(options["pack"])
            )
            with transaction.atomic():
                change = installation.preview_pack(
                    actor=self.actor,
                    organization=self.organization,
                    pack=pack,
                    allow_unsigned=options["allow_unsigned"],
                )
                if options["mode"] == "apply":
                    installation.apply_change(actor=self.actor, change=change)
        except BadPack as error:
            raise BadPackFile(error) from None
        return Response(represent_change(change), status.HTTP_201_CREATED)

    @extend_schema(responses=PackSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A pack that is or was installed."""
        return self._pack_response(kwargs["pk"])

    @extend_schema(request=None, responses=PackSerializer)
    @action(detail=True, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request, pk: str) -> Response:
        """Go back to the version before, or to none. 409 if someone has edited what it wrote."""
        installation.roll_back_pack(actor=self.actor, installed=self.get_object())
        return self._pack_response(pk)

    @extend_schema(request=None, responses=StaysSerializer)
    @action(detail=True, methods=["post"])
    def uninstall(self, request: Request, pk: str) -> Response:
        """Forget the pack. Returns the objects that stay in the register."""
        stays = installation.uninstall_pack(actor=self.actor, installed=self.get_object())
        return Response({"stays": stays})

    @extend_schema(request=MatrixChoiceSerializer, responses=MatrixSerializer)
    @action(detail=True, methods=["post"])
    def matrix(self, request: Request, pk: str) -> Response:
        """Use one of the pack's matrices. It sets the level of every risk again."""
        installed = self.get_object()
        body = MatrixChoiceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        matrix = installation.use_matrix(
            actor=self.actor, installed=installed, **body.validated_data
        )
        serializer = MatrixSerializer()
        rows = type(matrix).objects.filter(pk=matrix.pk).values(*serializer.row_paths())
        return Response(serializer.represent(list(rows))[0])

    def _pack_response(self, pk: Any) -> Response:
        installed = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(
            build_pack_row(installed.pack, shipped_packs().get(installed.pack), installed)
        )


def represent_change(change: PackChange) -> dict[str, Any]:
    serializer = PackChangeSerializer()
    rows = PackChange.objects.filter(pk=change.pk).values(*serializer.row_paths())
    return serializer.represent(list(rows))[0]


class PackChangeViewSet(OrganizationViewSet):
    """Installations and upgrades of packs, with their changes."""

    model = PackChange
    serializer_class = PackChangeSerializer
    filterset_class = PackChangeFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    read_role = Role.ANALYST
    roles = {"apply": Role.ADMIN}
    http_method_names = ["get", "post", "head", "options"]

    @extend_schema(request=None, responses=PackChangeSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Carry out the change as previewed. What people have edited stays as it is."""
        installation.apply_change(actor=self.actor, change=self.get_object())
        return self.row_response(pk)


class PackRowViewSet(ImportRowViewSet):
    """The rows of a change of a pack."""

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return ImportRow.objects.none()
        mine = PackChange.objects.for_organization(self.organization)
        change = get_object_or_404(mine, pk=self.kwargs["change"])
        rows = ImportRow.objects.for_organization(self.organization)
        return rows.filter(run=change.import_run_id)
