"""Browser sessions in the database, under a digest of the key that the browser holds.

Who reads the table, a backup or the SQLite file, finds nothing to log in with. `SESSION_ENGINE`
names this module.
"""

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone


def digest_key(key: str) -> str:
    """The stored form of a session's key: 160 bits, as many as the column has room for."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def find_session(key: str) -> Session | None:
    """The row of a session that has not expired."""
    return Session.objects.filter(
        session_key=digest_key(key), expire_date__gt=timezone.now()
    ).first()


class SessionStore(DatabaseSessionStore):
    """Django's own store, except for what it calls the row. Pages are served by WSGI alone."""

    def _get_session_from_db(self) -> Session | None:
        row = find_session(self.session_key or "")
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(digest_key(session_key))

    def create_model_instance(self, data: Any) -> Any:
        row = super().create_model_instance(data)
        row.session_key = digest_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(digest_key(key))


class SessionReader(SessionStore):
    """A session for code that only looks at it.

    Django renews one that an older SECRET_KEY has signed, and ends one of an older password, under
    the request of the browser that has it; here either would take it from that browser.
    """

    def __init__(self, key: str, row: Session) -> None:
        super().__init__(key)
        self._session_cache = row.get_decoded()  # loaded
        self.is_outdated = False

    def cycle_key(self) -> None:
        self.is_outdated = True

    def flush(self) -> None:
        self.is_outdated = True
