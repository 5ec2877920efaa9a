"""The history of accounts is kept for EVENTS_KEPT_FOR; what is older is deleted."""

from datetime import timedelta

import structlog
from django.db import connection
from django.utils import timezone

from openrisk.accounts.models import AccountEvent

EVENTS_KEPT_FOR = timedelta(days=2 * 365)
log = structlog.get_logger(__name__)


def delete_old_events() -> int:
    """Delete the events of accounts that are older than EVENTS_KEPT_FOR; the number of them.

    Where the owner of the tables is another role than the application's, only the owner may
    (`manage.py account_events_prune`): here nothing is deleted, and the log says so.
    """
    limit = timezone.now() - EVENTS_KEPT_FOR
    if can_delete_events():
        return AccountEvent.objects.forget_before(limit)
    if AccountEvent.objects.filter(at__lt=limit).exists():
        log.warning(
            "account_events_not_deleted",
            advice="Run `manage.py account_events_prune` as the owner of the tables.",
        )
    return 0


def can_delete_events() -> bool:
    """Whether the role of this connection has the right."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        table = AccountEvent._meta.db_table
        cursor.execute("SELECT has_table_privilege(quote_ident(%s), 'DELETE')", [table])
        return cursor.fetchone()[0]
