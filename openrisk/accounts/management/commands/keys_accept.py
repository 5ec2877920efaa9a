from typing import Any

from django.core.management.base import BaseCommand

from openrisk.accounts import key_fingerprints


class Command(BaseCommand):
    help = (
        "Use this database with the keys of this machine from now on, because the old ones are "
        "lost: everyone logs in again, and secrets of connectors are entered again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        differences = list(key_fingerprints.find_differences())
        key_fingerprints.remember_keys()
        self.stdout.write(
            f"Accepted: {len(differences)} of the keys differed from those that were used before."
        )
