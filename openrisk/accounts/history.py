"""The history of accounts: sign-ins, passwords, roles, invitations and tokens.

`record` writes one event with who acts and from where, as the request says. Receivers write those
that follow from a row, whichever page, route or command changes it through Django's models.
"""

import ipaddress
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.signals import post_delete, post_save, pre_save
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from openrisk.accounts.models import (
    AccountEvent,
    AccountEventKind,
    ApiToken,
    Membership,
    Organization,
    User,
)

Kind = AccountEventKind
WATCHED_FIELDS = ("email", "is_active", "is_superuser")
_current: ContextVar[HttpRequest | None] = ContextVar("openrisk_account_request", default=None)


class AccountHistoryMiddleware:
    """Lets events know the request that they happen in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _current.set(request)
        try:
            return self.get_response(request)
        finally:
            _current.reset(token)


def record_event(
    kind: AccountEventKind,
    *,
    person: User | None = None,
    email: str = "",
    organization: Organization | None = None,
    actor: User | None = None,
    **detail: Any,
) -> None:
    """Add an event; `actor` is the user of the request unless given."""
    request = _current.get()
    user = getattr(request, "user", None)
    if actor is None and user is not None and user.is_authenticated:
        actor = User(pk=user.pk)
    account: Any = email[:254] or (person.email if person else "")
    if person is not None and not account:  # only the id is known: read in the same statement
        stored = User.objects.filter(pk=person.pk).values("email")
        account = Coalesce(Subquery(stored), Value(""))
    try:
        address = str(ipaddress.ip_address(request.META["REMOTE_ADDR"])) if request else None
    except (KeyError, ValueError):
        address = None  # a socket has no address
    AccountEvent.objects.create(
        kind=kind,
        person=person,
        email=account,
        organization=organization,
        actor=actor,
        address=address,
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
        detail=detail,
    )


# --- Receivers ----------------------------------------------------------------------------------
def connect_receivers() -> None:
    for signal, receiver, sender in (
        (user_logged_in, record_login, None),
        (user_logged_out, record_logout, None),
        (pre_save, remember_stored_user, User),
        (post_save, record_user, User),
        (pre_save, remember_role, Membership),
        (post_save, record_role, Membership),
        (post_delete, record_removal, Membership),
        (post_delete, record_token_end, ApiToken),
    ):
        signal.connect(receiver, sender=sender, dispatch_uid=f"accounts.{receiver.__name__}")


def record_login(sender: Any, user: User, **kwargs: Any) -> None:
    record_event(Kind.SIGNED_IN, person=user, actor=user, by="browser")


def record_logout(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record_event(Kind.SIGNED_OUT, person=user, actor=user, by="browser")


def remember_stored_user(instance: User, update_fields: Any = None, **kwargs: Any) -> None:
    """Leave on the instance what was stored of the watched fields before it is saved."""
    unwatched = update_fields is not None and not set(update_fields) & set(WATCHED_FIELDS)
    if instance._state.adding or unwatched:
        instance.stored = None  # type: ignore[attr-defined]
        return
    stored = User.objects.filter(pk=instance.pk).values(*WATCHED_FIELDS)
    instance.stored = stored.first()  # type: ignore[attr-defined]


def record_user(instance: User, created: bool, **kwargs: Any) -> None:
    if created:
        record_event(Kind.ACCOUNT_CREATED, person=instance)
        return
    changes = {
        name: [before, getattr(instance, name)]
        for name, before in (instance.stored or {}).items()  # type: ignore[attr-defined]
        if getattr(instance, name) != before
    }
    if changes.pop("is_active", None):
        record_event(
            Kind.ACCOUNT_ACTIVATED if instance.is_active else Kind.ACCOUNT_DEACTIVATED,
            person=instance,
        )
    if changes:
        record_event(Kind.ACCOUNT_CHANGED, person=instance, fields=changes)


def remember_role(instance: Membership, **kwargs: Any) -> None:
    stored = Membership.objects.filter(pk=instance.pk).values_list("role", flat=True)
    instance.stored_role = stored.first()  # type: ignore[attr-defined]


def record_role(instance: Membership, created: bool, **kwargs: Any) -> None:
    before = instance.stored_role  # type: ignore[attr-defined]
    if created or before != instance.role:
        record_event(
            Kind.MEMBER_ADDED if created else Kind.ROLE_CHANGED,
            person=instance.user,
            organization=instance.organization,
            role=instance.role if created else [before, instance.role],
        )


def record_removal(instance: Membership, **kwargs: Any) -> None:
    record_event(
        Kind.MEMBER_REMOVED,
        person=instance.user,
        organization=instance.organization,
        role=instance.role,
    )


def record_token_end(instance: ApiToken, **kwargs: Any) -> None:
    expired = instance.expiry is not None and instance.expiry <= timezone.now()
    record_event(
        Kind.TOKEN_ENDED,
        person=User(pk=instance.user_id),
        organization=Organization(pk=instance.organization_id),
        token=instance.token_key,
        name=instance.name,
        why="expired" if expired else "revoked",
    )
