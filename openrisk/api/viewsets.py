"""The base of every REST resource."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from django.db import models
from django.http import Http404, HttpRequest, HttpResponseNotModified
from rest_framework import status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import IntegerField
from rest_framework.viewsets import GenericViewSet

from openrisk.accounts.models import Membership, Organization, User
from openrisk.api.filters import FilteredList, StrictFilterBackend
from openrisk.api.idempotency import run_once
from openrisk.api.pagination import Pagination
from openrisk.api.problems import PreconditionRequired, UnknownParameter
from openrisk.api.renderers import to_json
from openrisk.api.serializers import RowSerializer, Serializer

Rows = list[dict[str, Any]]


class OrganizationViewSet(GenericViewSet):
    """Lists and shows the rows of the caller's organization; `WritableViewSet` changes them.

    Subclasses declare `model`, `serializer_class`, `filterset_class`, `orders` and
    `default_order`. Another organization's row is 404.
    """

    model: type[models.Model]
    orders: dict[str, Any] = {}
    default_order = "-id"
    searchable = False
    lookup_value_converter = "uuid"
    # The actions that take the version their caller saw, and whether they need it.
    preconditions: dict[str, bool] = {}
    # Where an action takes something else than JSON: a file, as a form.
    action_parsers: dict[str, tuple[type[BaseParser], ...]] = {}

    @property
    def membership(self) -> Membership:
        """The caller's role in the organization of the request."""
        return self.request.membership  # type: ignore[attr-defined]

    @property
    def organization(self) -> Organization:
        return self.membership.organization

    @property
    def actor(self) -> User:
        return self.membership.user

    @property
    def is_list(self) -> bool:
        return self.action == "list"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # A caller who is not a member, such as another server, posts what may be repeated anyway.
        member = getattr(request, "membership", None)
        if request.method == "POST" and member and (key := request.headers.get("Idempotency-Key")):
            self.post = run_once(self.post, member, request, key)  # type: ignore[has-type]

    def get_parsers(self) -> list[BaseParser]:
        """By the action, which is not set yet when a request comes in."""
        action, request = getattr(self, "action", None), getattr(self, "request", None)
        if action is None and request is not None:
            action = self.action_map.get(request.method.lower())
        return [parser() for parser in self.action_parsers.get(action or "", self.parser_classes)]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):  # the schema is made without a caller
            return self.model._default_manager.none()
        return self.model.objects.for_organization(self.organization)  # type: ignore[attr-defined]

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        membership = getattr(self.request, "membership", None)  # None while the schema is made
        return {**context, "organization": membership.organization if membership else None}

    # --- reading -----------------------------------------------------------------------------
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.row_serializer()
        rows = self.page_of(self.filtered_list(), [*serializer.row_paths(), "_order"])
        return self.get_paginated_response(serializer.represent(rows))

    def filtered_list(self) -> FilteredList:
        """The rows that the query parameters leave, in the order that they ask for."""
        backend: Any = self.filter_backends[0]()
        return backend.filter_list(self.request, self.get_queryset(), self)

    def page_of(self, filtered: FilteredList, paths: Sequence[str]) -> Rows:
        """The page of `filtered` that the request asks for, as dicts of `paths`."""
        return cast(Pagination, self.paginator).paginate(filtered, self.request, paths)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if unknown := set(request.query_params):
            raise UnknownParameter(
                {name: ["This endpoint has no parameters. Leave it out."] for name in unknown}
            )
        return self.row_response(kwargs["pk"])

    def query_names(self) -> set[str]:
        """The query parameters that this action knows; it refuses every other."""
        if not self.is_list:
            return set()
        backend = StrictFilterBackend()
        dynamic = {name for name in self.request.query_params if backend.accepts(self, name)}
        return backend.known_parameters(self) | dynamic

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """A 200 that the client has already becomes a 304."""
        if response.status_code == 200 and is_etag_known(request, response.get("ETag", "")):
            response = HttpResponseNotModified(headers=dict(response.items()))
            del response["Content-Type"]
        return super().finalize_response(request, response, *args, **kwargs)

    def row_serializer(self) -> RowSerializer:
        return cast(RowSerializer, self.get_serializer())

    def represented_row(self, pk: Any) -> dict[str, Any]:
        """One row as it is represented, or 404."""
        serializer = self.row_serializer()
        rows = list(self.get_queryset().filter(pk=pk).values(*serializer.row_paths()))
        if not rows:
            raise Http404
        return serializer.represent(rows)[0]

    def row_response(self, pk: Any, status_code: int = status.HTTP_200_OK) -> Response:
        data = self.represented_row(pk)
        etag = self.build_etag(data)
        return Response(data, status_code, headers={"ETag": etag})

    def created_response(self, instance: models.Model) -> Response:
        response = self.row_response(instance.pk, status.HTTP_201_CREATED)
        response["Location"] = reverse(
            f"{self.basename}-detail", kwargs={"pk": instance.pk}, request=self.request
        )
        return response

    def build_etag(self, data: dict[str, Any]) -> str:
        """A strong ETag: the version, and a digest of scope and body."""
        digest = hashlib.sha256(self.organization.pk.bytes + to_json(data)).hexdigest()[:20]
        return f'"{data.get("version", 0)}.{digest}"'

    def get_object(self) -> Any:
        """The row of the URL as an instance, or 404."""
        instance = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if instance is None:
            raise Http404
        return instance


def is_etag_known(request: Request | HttpRequest, etag: str) -> bool:
    given = request.headers.get("If-None-Match", "")
    if not (given and etag) or request.method not in ("GET", "HEAD"):
        return False
    candidates = {candidate.strip().removeprefix("W/") for candidate in given.split(",")}
    return etag in candidates or "*" in candidates


class VersionSerializer(Serializer):
    version = IntegerField()


def expected_version(request: Request, *, required: bool = False) -> int | None:
    """The version the caller saw, from `If-Match` or the body's `version`.

    Raises 428 when `required` and absent. `If-Match: *` means any. A malformed one matches
    nothing: -1. A `version` that is not a whole number is 400: to ignore it would overwrite.
    """
    given = request.headers.get("If-Match", "").strip()
    if given and given != "*":
        version = given.strip('"').partition(".")[0]
        return int(version) if version.isdecimal() and len(version) < 10 else -1
    if isinstance(request.data, dict) and "version" in request.data:
        named = VersionSerializer(data={"version": request.data["version"]})
        named.is_valid(raise_exception=True)
        return named.validated_data["version"]
    if required and not given:
        raise PreconditionRequired
    return None


class WritableViewSet(OrganizationViewSet):
    """Adds create, change and delete through services.

    `create_service(*, actor, organization, **fields)` returns the instance;
    `update_service(*, actor, instance, version, **fields)` and
    `delete_service(*, actor, instance, version)` raise 412 on a stale version.
    """

    create_service: Any = None
    update_service: Any = None
    delete_service: Any = None
    preconditions = {"partial_update": False, "destroy": False}
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        fields = self.validate_body(request)
        instance = type(self).create_service(
            actor=self.actor, organization=self.organization, **fields
        )
        return self.created_response(instance)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object()
        fields = self.validate_body(request, instance)
        type(self).update_service(
            actor=self.actor,
            instance=instance,
            version=expected_version(request),
            **fields,
        )
        return self.row_response(instance.pk)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        type(self).delete_service(
            actor=self.actor, instance=self.get_object(), version=expected_version(request)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    def validate_body(self, request: Request, instance: Any = None) -> dict[str, Any]:
        """The body's fields; `version` belongs to the precondition, not to a row that exists."""
        data = request.data
        if instance is not None and isinstance(data, dict):
            data = {name: value for name, value in data.items() if name != "version"}
        make = partial(self.get_serializer, data=data)
        serializer = make(instance=instance, partial=True) if instance else make()
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
