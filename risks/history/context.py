"""Actor and reason of a change, known to the database for the length of one transaction."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from openrisk.accounts.models import User
from openrisk.telemetry.request_ids import current_request_id
from openrisk.text.cleaning import remove_invisible

TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


@dataclass(frozen=True)
class _Context:
    actor_id: str | None = None
    comment: str = ""
    request_id: str = ""
    run_id: str | None = None
    at: str = ""

    @property
    def moment(self) -> datetime:
        return datetime.strptime(self.at, TIME_FORMAT).replace(tzinfo=UTC)


_current: ContextVar[_Context | None] = ContextVar("openrisk_history", default=None)


@contextmanager
def recorded(
    *,
    actor: User | None,
    comment: str = "",
    run_id: UUID | None = None,
    at: datetime | None = None,
    savepoint: bool = True,
) -> Iterator[None]:
    """One transaction whose changes are recorded as `actor`'s, with `comment` as the reason.

    `run_id` names the import or connector run. Nested uses keep the outer actor, run and time
    where they give none. Without `savepoint` a nested use that fails takes the outer one with it,
    which is faster for large writes. `at` is now unless a caller writes the past on purpose (demo
    data).
    """
    outer = _current.get()
    context = replace(
        outer or _Context(at=format_moment(at or timezone.now()), request_id=current_request_id()),
        **{
            key: value
            for key, value in (
                ("actor_id", str(actor.pk) if actor else None),
                ("comment", remove_invisible(comment)),
                ("run_id", str(run_id) if run_id else None),
                ("at", format_moment(at) if at else None),
            )
            if value
        },
    )
    with transaction.atomic(savepoint=savepoint):
        set_database_context(context)
        token = _current.set(context)
        try:
            yield
        finally:
            _current.reset(token)
        # A rollback restores the outer context by itself.
        if not connection.needs_rollback:
            set_database_context(outer)


def format_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(TIME_FORMAT)


def current_context() -> _Context:
    """The actor, reason and time of the `recorded` block that is running."""
    context = _current.get()
    if context is None:
        raise RuntimeError("Nothing is recorded here. Wrap the change in recorded().")
    return context


def set_database_context(context: _Context | None) -> None:
    values = asdict(context) if context else None
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            value = json.dumps(values) if values else ""
            cursor.execute("SELECT set_config('openrisk.history', %s, true)", [value])
            return
        # SQLite has one writer at a time, so one row in a table is as good as a variable of the
        # transaction, and other programs may write to the file without knowing about it.
        cursor.execute("DELETE FROM openrisk_history_context")
        if values:
            for key in ("actor_id", "run_id"):  # as Django stores UUIDs on SQLite
                values[key] = UUID(values[key]).hex if values[key] else None
            columns = ", ".join(values)
            cursor.execute(
                f"INSERT INTO openrisk_history_context ({columns}) VALUES (%s, %s, %s, %s, %s)",
                list(values.values()),
            )
