"""Access to /api/v1/monitoring/: Alertmanager by its token, and superusers."""

from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import authentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

ALERTMANAGER = "alertmanager"


class AlertmanagerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token ...` with the setting ALERTS_TOKEN."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, str] | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Token" or not settings.ALERTS_TOKEN:
            return None
        if not compare_digest(token.strip().encode(), settings.ALERTS_TOKEN.encode()):
            return None
        return AnonymousUser(), ALERTMANAGER

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class AlertmanagerScheme(OpenApiAuthenticationExtension):
    target_class = "monitoring.api.authentication.AlertmanagerAuthentication"
    name = "alertmanager"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <token>`, with the setting ALERTS_TOKEN",
        }


class OperatorPermission(BasePermission):
    """Alertmanager creates alerts; superusers read, acknowledge and raise them."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if view.action == "create":
            self.message = (
                "Only Alertmanager may post alerts, with the token in the setting ALERTS_TOKEN."
                if settings.ALERTS_TOKEN
                else "Alerts are not accepted: set ALERTS_TOKEN, and give Alertmanager the same."
            )
            return request.auth == ALERTMANAGER
        if not (request.user and request.user.is_superuser):
            self.message = "Only superusers may do this. Ask an operator of this installation."
            return False
        if view.action is not None and request.method not in ("GET", "HEAD", "OPTIONS"):
            self.message = "This token is read-only. Use one that can write."
            return not getattr(request.auth, "read_only", False)
        return True
