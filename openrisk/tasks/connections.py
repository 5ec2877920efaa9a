"""Database connections of a process that lives long."""

from django.db import close_old_connections, connection


def refresh_connection() -> None:
    """Drop a connection that broke or is too old; the next query opens another.

    Django does so between requests. Not inside a transaction, such as a test's: it would be lost.
    """
    if not connection.in_atomic_block:
        close_old_connections()
