"""Authentication of API requests: a token bound to one organization, or a browser session.

Both leave the caller's `membership` (user, organization, role) on the request.
"""

import ipaddress
from datetime import UTC, datetime
from hmac import compare_digest

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from openrisk.accounts.models import ApiToken, Membership, Role, User

INVALID = "The token is unknown, expired or revoked. Log in or create a new one."


class TokenAuthentication(KnoxTokenAuthentication):
    """`Authorization: Token ...`, in one query.

    Knox's own check loads and cleans all of the user's tokens at every request; this one reads
    the one token with its user and organization, and the role that binds them.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        result = super().authenticate(request)
        if result is None:
            return None
        user, token = result
        membership = _membership(token)
        _check_network(token, request.META.get("REMOTE_ADDR", ""))
        _record_use(token)
        request._request.membership = membership  # type: ignore[attr-defined]
        return user, token

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        text = token.decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            raise exceptions.AuthenticationFailed(INVALID)
        digest = hash_token(text)
        memberships = Membership.objects.filter(
            user=OuterRef("user"), organization=OuterRef("organization")
        )
        candidates = ApiToken.objects.filter(token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH])
        for candidate in candidates.select_related("user", "organization").annotate(
            role=Subquery(memberships.values("role"))
        ):
            expired = candidate.expiry is not None and candidate.expiry <= timezone.now()
            if compare_digest(digest, candidate.digest) and not expired:
                return self.validate_user(candidate)
        raise exceptions.AuthenticationFailed(INVALID)


def _membership(token: ApiToken) -> Membership:
    """The caller's role as `authenticate_credentials` read it; superusers need none."""
    role = token.role or (Role.ADMIN if token.user.is_superuser else None)  # type: ignore[attr-defined]
    if role:
        return Membership(user=token.user, organization=token.organization, role=role)
    raise exceptions.AuthenticationFailed(
        "You are no longer a member of this token's organization. Ask an administrator."
    )


def _check_network(token: ApiToken, address: str) -> None:
    if token.allowed_networks and not _is_within(address, token.allowed_networks):
        raise exceptions.AuthenticationFailed(
            "This token may not be used from your network address."
        )


def _is_within(address: str, networks: list[str]) -> bool:
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return False  # nobody knows from where: a socket without an address
    # A server that listens on IPv6 sees 192.0.2.1 as ::ffff:192.0.2.1.
    client = getattr(client, "ipv4_mapped", None) or client
    return any(client in ipaddress.ip_network(network) for network in networks)


def _record_use(token: ApiToken) -> None:
    """Last use, to the day: one write a day, not one a request."""
    today = datetime.now(UTC).date()
    if token.last_used_on != today:
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, with CSRF checks; the middleware has set the membership."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        result = super().authenticate(request)
        if result is not None and not getattr(request._request, "membership", None):
            raise exceptions.AuthenticationFailed(
                "You belong to no organization yet. Ask an administrator for a membership."
            )
        return result
