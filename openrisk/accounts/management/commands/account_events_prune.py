from typing import Any

from django.core.management.base import BaseCommand, CommandError

from openrisk.accounts.retention import EVENTS_KEPT_FOR, can_delete_events, delete_old_events


class Command(BaseCommand):
    help = (
        f"Delete the history of accounts that is older than {EVENTS_KEPT_FOR.days} days. Workers "
        "do it every day; where the tables have an owner of their own, run this as that role. "
        "Example: manage.py account_events_prune"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not can_delete_events():
            raise CommandError(
                "The role of DATABASE_URL may not delete history. Use that of the tables' owner."
            )
        self.stdout.write(f"{delete_old_events()} events were deleted.")
