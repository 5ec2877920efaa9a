"""The time by the database's clock, which is the same for all machines."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone


def database_now() -> datetime:
    """The time for what several machines must agree on, such as when a schedule is due."""
    return timezone.now() + clock_offset()


def clock_offset() -> timedelta:
    """The lead of the database's clock over this machine's; SQLite has no clock of its own."""
    if connection.vendor != "postgresql":
        return timedelta(0)
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    return theirs - (before + (timezone.now() - before) / 2)
