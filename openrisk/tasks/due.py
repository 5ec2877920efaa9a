"""Which rows with a cron expression and a next time are due, and how late."""

from datetime import datetime, timedelta

from openrisk.tasks.declarations import next_occurrence

TOLERANCE = timedelta(minutes=5)  # of what two machines may read from the database's clock


def is_too_far(cron: str, next_run_at: datetime, now: datetime) -> bool:
    """Whether a clock that was ahead has moved the row on beyond its next occurrence."""
    return next_run_at > next_occurrence(cron, now + TOLERANCE)


def late_seconds(cron: str, next_run_at: datetime, now: datetime) -> float:
    """How long ago it was due; or how far off it is, where it is too far."""
    if is_too_far(cron, next_run_at, now):
        return (next_run_at - next_occurrence(cron, now)).total_seconds()
    return max(0.0, (now - next_run_at).total_seconds())
