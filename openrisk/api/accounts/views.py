"""Logging in and out by API, and one's own tokens."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from openrisk.accounts import history
from openrisk.accounts.credentials.devices import remember_device
from openrisk.accounts.credentials.login import LoginRefused, check_password
from openrisk.accounts.credentials.passwords import CHOICE_REQUIRED
from openrisk.accounts.credentials.tokens import TokenRefused, create_token
from openrisk.accounts.history import Kind
from openrisk.accounts.members import memberships
from openrisk.accounts.models import AccountEvent, ApiToken, Membership, Organization, Role
from openrisk.api.accounts.serializers import (
    AccountEventSerializer,
    LoginResultSerializer,
    LoginSerializer,
    NewTokenSerializer,
    TokenSerializer,
)
from openrisk.api.filters import OrganizationFilterSet
from openrisk.api.problems import TooManyLogins
from openrisk.api.viewsets import OrganizationViewSet

LOGIN_LIFETIME = timedelta(hours=12)
LISTED = 20  # organizations, in a message


class LoginView(GenericAPIView):
    """E-mail and password for a token that lasts twelve hours."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = LoginSerializer
    limits_tries = True

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"  # a refused login is 401, which must name the scheme

    @extend_schema(responses=LoginResultSerializer, auth=[])
    def post(self, request: Request) -> Response:
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            user = check_password(
                request=request._request,
                email=body.validated_data["email"],
                password=body.validated_data["password"],
            )
        except LoginRefused as refusal:
            if refusal.retry_after:
                raise TooManyLogins(str(refusal), refusal.retry_after) from None
            raise AuthenticationFailed(str(refusal)) from None
        if user.password_change_required:
            raise PermissionDenied(CHOICE_REQUIRED)
        membership = self._membership(user, body.validated_data.get("organization"))
        history.record_event(Kind.SIGNED_IN, person=user, actor=user, by="api")
        token, secret = create_token(
            user=user,
            organization=membership.organization,
            name="Login",
            lifetime=LOGIN_LIFETIME,
            replaces_oldest=True,
        )
        response = Response(
            {
                "token": secret,
                "expires_at": token.expiry,
                "organization": membership.organization.slug,
                "role": membership.role,
            }
        )
        remember_device(request._request, response, user)
        return response

    def _membership(self, user: Any, slug: str | None) -> Any:
        if slug:
            membership = memberships.membership_in(user, slug)
            refusal = "You are not a member of this organization."
        else:
            membership = memberships.membership_without_choice(user)
            slugs = Organization.objects.for_user(user).values_list("slug", flat=True)
            named = ", ".join(slugs[:LISTED])
            refusal = (
                f"You belong to several. Name one of {named}."
                if named
                else "You belong to none yet. Ask an administrator."
            )
        if membership is None:
            raise ValidationError({"organization": [refusal]})
        return membership


class LogoutView(GenericAPIView):
    """Revokes the token that the request was made with, and those made with it."""

    serializer_class = Serializer  # without fields: OPTIONS describes what there is to send

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        if not isinstance(request.auth, ApiToken):
            raise ValidationError("Send the token to revoke as `Authorization: Token ...`.")
        history.record_event(Kind.SIGNED_OUT, person=request.auth.user, by="api")
        ApiToken.objects.filter(pk=request.auth.pk).revoke()
        return Response(status=status.HTTP_204_NO_CONTENT)

    # Every role may log out, with a read-only token too.
    def check_permissions(self, request: Request) -> None:
        if not request.user.is_authenticated:
            self.permission_denied(request)


class TokenViewSet(GenericViewSet):
    """One's own tokens for the organization of the request.

    One made with a token is never wider than that: it lasts no longer, works from no other network,
    and is revoked with it. Longer ones are made on the account page, or by `token_create`.
    """

    serializer_class = TokenSerializer
    roles = {"create": Role.VIEWER, "destroy": Role.VIEWER}
    pagination_class = None
    filter_backends = ()
    lookup_value_converter = "uuid"

    @property
    def membership(self) -> Membership:
        return self.request.membership  # type: ignore[attr-defined]

    def get_queryset(self) -> Any:
        return ApiToken.objects.filter(
            user=self.membership.user, organization=self.membership.organization
        )

    def list(self, request: Request) -> Response:
        return Response(self.get_serializer(self.get_queryset(), many=True).data)

    @extend_schema(request=TokenSerializer, responses={201: NewTokenSerializer})
    def create(self, request: Request) -> Response:
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        days = fields.pop("days", None)
        try:
            created = create_token(
                user=self.membership.user,
                organization=self.membership.organization,
                lifetime=timedelta(days=days) if days else None,
                parent=request.auth if isinstance(request.auth, ApiToken) else None,
                **fields,
            )
        except TokenRefused as refusal:
            raise ValidationError({refusal.field or "non_field_errors": [str(refusal)]}) from None
        return Response(NewTokenSerializer(created).data, status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        if not self.get_queryset().filter(uid=pk).revoke():
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class AccountEventFilterSet(OrganizationFilterSet):
    class Meta:
        model = AccountEvent
        fields = {"kind": ["exact", "in"], "person": ["exact"], "at": ["gte", "lte"]}


class AccountEventViewSet(OrganizationViewSet):
    """The history of accounts of the organization's members, for its administrators."""

    model = AccountEvent
    serializer_class = AccountEventSerializer
    filterset_class = AccountEventFilterSet
    read_role = Role.ADMIN
    orders = {"at": F("at")}
    default_order = "-at"
    http_method_names = ["get", "head", "options"]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):  # the schema is made without a caller
            return AccountEvent.objects.none()
        return AccountEvent.objects.seen_by(Organization.objects.filter(pk=self.organization.pk))
