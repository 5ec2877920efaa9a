from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from marketplace.installations import encryption
from marketplace.models import InstalledApp


class Command(BaseCommand):
    help = (
        "Encrypt all secrets of connectors again, with the first key of ENCRYPTION_KEYS. Put the "
        "new key in front of the old one, run this, then remove the old one. "
        "Example: python manage.py secrets_rotate"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only try")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            apps = list(InstalledApp.objects.select_for_update().exclude(secrets=""))
            for app in apps:
                try:
                    app.secrets = encryption.rotate_key(app.secrets)
                except encryption.SecretsUnreadable as error:
                    raise CommandError(f"{app.organization}, {app}: {error}") from None
            InstalledApp.objects.bulk_update(apps, ["secrets"])
            if options["dry_run"]:
                transaction.set_rollback(True)
        self.stdout.write(f"{len(apps)} apps with secrets.")
