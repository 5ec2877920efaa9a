"""Authentication of API requests: a token bound to one organization, or a browser session.

Both leave the caller's `membership` (user, organization, role) on the request.
"""

import ipaddress
from datetime import UTC, datetime
from hmac import compare_digest
from typing import NoReturn

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from openrisk.accounts.credentials import identity
from openrisk.accounts.credentials.passwords import CHOICE_REQUIRED
from openrisk.accounts.models import ApiToken, Membership, Organization, Role, User
from openrisk.caching.freshness.recorder import unrecorded
from openrisk.caching.principals import principal_of, set_principal

INVALID = "The token is unknown, expired or revoked. Log in or create a new one."


class TokenAuthentication(KnoxTokenAuthentication):
    """`Authorization: Token ...`, in one query or none.

    Knox's own check loads and cleans all of the user's tokens at every request; this one reads
    the one token with its user and organization, and the role that binds them.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        self.request = request._request
        result = super().authenticate(request)
        if result is not None:
            token = result[1]
            _check_network(token, request.META.get("REMOTE_ADDR", ""))
            _check_organization(token, request.headers.get(identity.HEADER))
            self._record_use(token)
        return result

    def _record_use(self, token: ApiToken) -> None:
        """Last use, to the day: one write a day, not one a request."""
        today = datetime.now(UTC).date()
        if token.last_used_on != today:
            with unrecorded():
                ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)
            identity.note_use(self.request, today)

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        text = token.decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            raise exceptions.AuthenticationFailed(INVALID)
        rows = identity.token_rows(self.request, text, self._read)
        user = identity.user_of(rows)
        organization = identity.instance_of(Organization, rows["organization"])
        found = identity.instance_of(ApiToken, rows["token"])
        found.user, found.organization = user, organization
        self.request.membership = Membership(  # type: ignore[attr-defined]
            user=user, organization=organization, role=rows["role"]
        )
        return user, found

    def _read(self, text: str) -> identity.Rows:
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
                self.validate_user(candidate)
                return {
                    "token": identity.values_of(candidate),
                    "user": identity.values_of(candidate.user),
                    "organization": identity.values_of(candidate.organization),
                    "role": _role(candidate),
                }
        raise exceptions.AuthenticationFailed(INVALID)


def _role(token: ApiToken) -> Role:
    """The caller's role as `_read` found it; superusers need none."""
    role = token.role or (Role.ADMIN if token.user.is_superuser else None)  # type: ignore[attr-defined]
    if role:
        return Role(role)
    raise exceptions.AuthenticationFailed(
        "You are no longer a member of this token's organization. Ask an administrator."
    )


def _check_network(token: ApiToken, address: str) -> None:
    if token.allowed_networks and not _is_within(address, token.allowed_networks):
        raise exceptions.AuthenticationFailed(
            "This token may not be used from your network address."
        )


def _check_organization(token: ApiToken, slug: str | None) -> None:
    if slug not in (None, token.organization.slug):
        raise exceptions.ParseError(
            f"This token is for {token.organization.slug}. Leave {identity.HEADER} out, "
            "or use a token of that organization."
        )


def _is_within(address: str, networks: list[str]) -> bool:
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return False  # a socket has no address
    # A server that listens on IPv6 sees 192.0.2.1 as ::ffff:192.0.2.1.
    client = getattr(client, "ipv4_mapped", None) or client
    return any(client in ipaddress.ip_network(network) for network in networks)


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, with CSRF checks, in the organization that the request names."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        identity.note_session(request._request)
        result = super().authenticate(request)
        if result is None:
            set_principal(request._request, None)
            return None
        if result[0].password_change_required:
            raise exceptions.PermissionDenied(CHOICE_REQUIRED)
        membership = identity.session_membership(request._request)
        if membership is None:
            _refuse_organization(request, result[0])
        request._request.membership = membership  # type: ignore[attr-defined]
        _confirm_caller(request, result[0], membership)
        return result


def _refuse_organization(request: Request, user: User) -> NoReturn:
    """Raises what a session's request is answered with that names no organization of the user."""
    slug = identity.organization_of(request._request)
    if slug is not None:
        raise exceptions.PermissionDenied(
            f"There is no organization {slug!r} that you belong to. "
            f"Send {identity.HEADER} with the slug of one of yours."
        )
    if not Organization.objects.for_user(user).exists():
        raise exceptions.AuthenticationFailed(
            "You belong to no organization yet. Ask an administrator for a membership."
        )
    raise exceptions.ParseError(
        f"You belong to several organizations. Send {identity.HEADER} with the slug of one."
    )


def _confirm_caller(request: Request, user: User, membership: Membership) -> None:
    """The cache may only rely on a caller who is the one that Django found."""
    caller = principal_of(request._request)
    found = (user.pk, membership.organization_id, (str(membership.role),))
    if caller and (caller.user_id, caller.organization_id, caller.rights) != found:
        set_principal(request._request, None)
