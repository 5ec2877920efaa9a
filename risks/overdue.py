"""Decide when a review, a mitigation or an action is overdue: for an object, and for a query.

Each rule stands here twice, in Python and in SQL; a test compares the two.
"""

from datetime import date, datetime

from django.db.models import Q

DRAFT = "draft"
NOT_OPEN = (DRAFT, "closed")  # statuses of a risk; all others are open
FINISHED = ("done", "cancelled")  # statuses of a mitigation


def is_review_overdue(status: str, next_review_at: datetime | None, at: datetime) -> bool:
    """Return whether a risk is open and its planned review has passed without one."""
    return status not in NOT_OPEN and next_review_at is not None and next_review_at < at


def review_overdue(at: datetime) -> Q:
    """Return the condition on risks, or on rows of their ledger, that `is_review_overdue` is."""
    return ~Q(status__in=NOT_OPEN) & Q(next_review_at__lt=at)


def review_not_overdue(at: datetime) -> Q:
    """Return the opposite condition, without a negation, so that one index answers it."""
    return Q(status__in=NOT_OPEN) | Q(next_review_at=None) | Q(next_review_at__gte=at)


def is_mitigation_overdue(status: str, due_date: date | None, on: date) -> bool:
    """Return whether a mitigation was due before the day and is neither done nor cancelled."""
    return status not in FINISHED and is_past_due(due_date, on)


def mitigation_overdue(on: date) -> Q:
    """Return the condition on mitigations, or on their ledger, that `is_mitigation_overdue` is."""
    return ~Q(status__in=FINISHED) & Q(due_date__lt=on)


def is_past_due(due_date: date | None, on: date) -> bool:
    """Return whether an open action was due before the day."""
    return due_date is not None and due_date < on
