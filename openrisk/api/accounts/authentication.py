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
        if result is None:
            return None
        token = result[1]
        check_network(token, request.META.get("REMOTE_ADDR", ""))
        if request.headers.get(identity.HEADER) not in (None, token.organization.slug):
            raise exceptions.ParseError(
                f"This token is for {token.organization.slug}. Leave {identity.HEADER} out, "
                "or use a token of that organization."
            )
        today = datetime.now(UTC).date()
        if token.last_used_on != today:  # one write a day, not one a request
            with unrecorded():
                ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)
            identity.note_use(self.request, today)
        return result

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        text = token.decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            raise exceptions.AuthenticationFailed(INVALID)
        rows = identity.token_rows(self.request, text, self._read)
        user = identity.user_of(rows)
        organization = identity.instance_of(Organization, rows["organization"])
        api_token = identity.instance_of(ApiToken, rows["token"])
        api_token.user, api_token.organization = user, organization
        self.request.membership = Membership(  # type: ignore[attr-defined]
            user=user, organization=organization, role=rows["role"]
        )
        return user, api_token

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


def check_network(token: ApiToken, address: str) -> None:
    """Raises AuthenticationFailed where the token may not be used from this address."""
    if not token.allowed_networks:
        return
    try:
        client = ipaddress.ip_address(address)
    except ValueError:  # a socket has no address
        is_allowed = False
    else:
        # A server that listens on IPv6 sees 192.0.2.1 as ::ffff:192.0.2.1.
        client = getattr(client, "ipv4_mapped", None) or client
        is_allowed = any(client in ipaddress.ip_network(net) for net in token.allowed_networks)
    if not is_allowed:
        raise exceptions.AuthenticationFailed(
            "This token may not be used from your network address."
        )


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
            refuse_organization(request, result[0])
        request._request.membership = membership  # type: ignore[attr-defined]
        # The cache may only rely on a principal who is the one that Django found.
        principal = principal_of(request._request)
        confirmed = (result[0].pk, membership.organization_id, (str(membership.role),))
        known = principal and (principal.user_id, principal.organization_id, principal.rights)
        if known and known != confirmed:
            set_principal(request._request, None)
        return result


def refuse_organization(request: Request, user: User) -> NoReturn:
    """Raise the error of a session's request that does not name an organization of the user."""
    slug = identity.organization_of(request._request)
    if slug is not None:
        raise exceptions.PermissionDenied(
            f"There is no organization {slug!r} that you belong to. "
            f"Send {identity.HEADER} with the slug of one of yours."
        )
    if not Organization.objects.for_user(user).exists():
        raise exceptions.AuthenticationFailed(
            "You do not belong to an organization yet. Ask an administrator for a membership."
        )
    raise exceptions.ParseError(
        f"You belong to several organizations. Send {identity.HEADER} with the slug of one."
    )
