"""The principal behind a credential, read once and kept until the database says it changed.

A revoked token, a changed role, a logout or a deactivated user moves a token (`openrisk.caching`),
so the very next request reads the rows again.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.http import HttpRequest

from openrisk.accounts.credentials.sessions import SessionReader, digest_key, find_session
from openrisk.accounts.members.memberships import membership_in, membership_without_choice
from openrisk.accounts.models import ApiToken, Membership, Organization, User
from openrisk.caching import fast_path
from openrisk.caching.freshness import snapshots
from openrisk.caching.freshness.registry import EPOCH, tracked_model
from openrisk.caching.freshness.snapshots import SnapshotUnavailable
from openrisk.caching.principals import Principal, principal_of, set_principal
from openrisk.request_state import PRINCIPAL

HEADER = "X-Organization"  # of a session's request to the API: the slug of an organization
Rows = dict[str, Any]  # name -> column values of one row; "role" -> the role
TRIES = 3
SHARED: tuple[type[models.Model], ...] = (User, Membership, Organization)


def token_rows(request: HttpRequest, text: str, read: Callable[[str], Rows]) -> Rows:
    """The rows of an API token, by `read` (which raises for a bad one) or as they are still known.

    Leaves the caller on the request where the cache may rely on it.
    """
    credential = _token_credential(request)
    principal = principal_of(request)  # if the fast path has just confirmed it
    if principal is not None and principal.credential != credential:
        principal = None  # of a session that came along
    if principal is None and _is_usable():
        principal = _resolve_principal(credential, lambda: read(text), _token_tags, ApiToken)
    set_principal(request, principal)
    return dict(principal.rows) if principal else read(text)


def note_use(request: HttpRequest, day: date) -> None:
    """Keep the day of last use in what is known: a write of it changes no tag version."""
    if principal := principal_of(request):
        rows = {**principal.rows, "token": {**principal.rows["token"], "last_used_on": day}}
        noted = replace(principal, expires=_expires(rows), rows=rows)
        set_principal(request, noted)
        fast_path.known_principals.put(_token_credential(request), noted, 2000)


def _token_credential(request: HttpRequest) -> bytes:
    return fast_path.credential_digest(request.META.get("HTTP_AUTHORIZATION", ""))


def organization_of(request: HttpRequest) -> str | None:
    """The slug that the request names: a page in its address, a request to the API in a header."""
    slug: str | None = getattr(request, "organization_slug", None)
    return request.headers.get(HEADER) if slug is None else slug


def note_session(request: HttpRequest) -> None:
    """Leave the session's caller on the request. Before Django reads any of its rows: a response is
    stored only if what they were is still what they are."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not key or not _is_usable():
        return
    slug = organization_of(request)
    credential, principal = fast_path.session_digest(key, slug), principal_of(request)
    if PRINCIPAL in request.META and (principal is None or principal.credential == credential):
        return  # already looked up
    read = partial(_session_rows, key, slug)
    set_principal(request, _resolve_principal(credential, read, _session_tags, Session))


def session_member(request: HttpRequest) -> Membership | None:
    """The member of the session, if the database confirms it; None where it must be read."""
    note_session(request)
    principal = principal_of(request)
    if principal is None or "session" not in principal.rows:
        return None
    if principal.rows["session"]["session_key"] != digest_key(request.session.session_key or ""):
        return None  # another one has begun with this request
    request.session.accessed = True  # so that the answer varies by cookie
    return Membership(
        user=user_of(principal.rows),
        organization=instance_of(Organization, principal.rows["organization"]),
        role=principal.rows["role"],
    )


def session_membership(request: HttpRequest) -> Membership | None:
    """The role of the session's user in the organization that the request names.

    A request to the API may leave the name out where the user belongs to one organization only.
    """
    member = session_member(request)
    if member is not None and member.user == request.user:
        return member
    if not request.user.is_authenticated:
        return None
    return _membership(request.user, organization_of(request))


def _membership(user: User, slug: str | None) -> Membership | None:
    return membership_without_choice(user) if slug is None else membership_in(user, slug)


def _is_usable() -> bool:
    """Not within a transaction, which sees what no one else does yet."""
    return settings.CACHE_BACKEND != "none" and not connection.in_atomic_block


def _resolve_principal(
    credential: bytes,
    read: Callable[[], Rows],
    tags_of: Callable[[Rows], set[str]],
    kind: type[models.Model],
) -> Principal | None:
    """The caller behind a credential, as this process knows them, or read again and kept.

    None also where the versions cannot be read: then no one waits for a second attempt.
    """
    try:
        principal = _known(credential) or _resolved(read, tags_of, kind)
    except SnapshotUnavailable:
        return None
    if principal is not None:
        principal.credential = credential
        fast_path.known_principals.put(credential, principal, 2000)
    return principal


def _known(credential: bytes) -> Principal | None:
    principal = fast_path.known_principals.get(credential)
    if principal is None or time.time() >= principal.expires:
        return None
    return (
        principal
        if snapshots.is_current(
            principal.snapshot, snapshots.read_versions(principal.snapshot.keys())
        )
        else None
    )


def member_caller(read: Callable[[], Rows]) -> Principal | None:
    """The caller that a member is, whatever their credential: for who asks in their place."""
    try:
        return _resolved(read, _shared_tags) if _is_usable() else None
    except SnapshotUnavailable:
        return None


def _resolved(
    read: Callable[[], Rows],
    tags_of: Callable[[Rows], set[str]],
    *credential: type[models.Model],
) -> Principal | None:
    """A caller whose tokens were read between two equal reads of the rows: both belong together.

    Raises SnapshotUnavailable.
    """
    rows = read()
    for _ in range(TRIES):
        if not rows:
            return None
        stamp = snapshots.take_snapshot(tags_of(rows))
        again = read()
        if rows == again:
            return _caller(rows, stamp, *credential) if stamp[EPOCH] else None
        rows = again
    return None


def _caller(
    rows: Rows, stamp: snapshots.VersionSnapshot, *credential: type[models.Model]
) -> Principal:
    return Principal(
        organization_id=rows["organization"]["id"],
        user_id=rows["user"]["id"],
        rights=(str(rows["role"]),),
        tables=frozenset(model._meta.db_table for model in (*SHARED, *credential)),
        snapshot=stamp,
        expires=_expires(rows),
        networks=tuple(rows.get("token", {}).get("allowed_networks", ())),
        rows=rows,
    )


def _expires(rows: Rows) -> float:
    """The end of the session, or of the token, or of the day that its use was recorded for."""
    if "session" in rows:
        return rows["session"]["expire_date"].timestamp()
    token = rows.get("token")
    if token is None:  # impersonated, without a credential of theirs
        return math.inf
    if token["last_used_on"] is None:
        return 0
    midnight = datetime.combine(token["last_used_on"] + timedelta(days=1), datetime.min.time(), UTC)
    return min(midnight, token["expiry"] or midnight).timestamp()


def _shared_tags(rows: Rows) -> set[str]:
    user, organization = rows["user"]["id"], rows["organization"]["id"]
    return {
        EPOCH,
        *tracked_model(User).row_tags(user),
        *tracked_model(Membership).row_tags(user),
        *tracked_model(Organization).organization_tags(organization),
    }


def _token_tags(rows: Rows) -> set[str]:
    return _shared_tags(rows) | tracked_model(ApiToken).row_tags(rows["token"]["digest"])


def _session_tags(rows: Rows) -> set[str]:
    return _shared_tags(rows) | tracked_model(Session).row_tags(rows["session"]["session_key"])


def _session_rows(key: str, slug: str | None) -> Rows:
    """The rows behind a session in an organization; empty without a membership that is stored."""
    session = find_session(key)
    if session is None:
        return {}
    asker = HttpRequest()
    asker.session = reader = SessionReader(key, session)
    user = get_user(asker)
    if not isinstance(user, User) or user.password_change_required or reader.is_outdated:
        return {}
    membership = _membership(user, slug)
    if membership is None or membership._state.adding:
        return {}
    return {
        # Not its data, which may hold a form of any size.
        "session": {"session_key": session.session_key, "expire_date": session.expire_date},
        "user": values_of(user),
        "organization": values_of(membership.organization),
        "role": membership.role,
    }


def values_of(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def user_of(rows: Mapping[str, Any]) -> User:
    """Without the columns that change silently: those are read when needed, never written back."""
    silent = tracked_model(User).ignored_columns
    return instance_of(User, {k: v for k, v in rows["user"].items() if k not in silent})


def instance_of(model: type[models.Model], values: dict[str, Any]) -> Any:
    """A new instance each time: one request's changes are not another's."""
    return model.from_db(connection.alias, list(values), list(values.values()))
