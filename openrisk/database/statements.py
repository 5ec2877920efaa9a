"""Statements that may take longer than those of a request."""

from django.conf import settings
from django.db import connection


def allow_long_statements() -> None:
    """Until the transaction ends. For imports and reports; SQLite has no such limit."""
    if connection.vendor == "postgresql" and settings.DATABASE_TIMEOUTS:
        seconds = settings.DATABASE_PROFILE.long_statement_timeout
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
