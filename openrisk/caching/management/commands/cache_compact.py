from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from openrisk.caching.freshness import tag_versions
from openrisk.caching.management.arguments import add_format, as_json


class Command(BaseCommand):
    help = (
        "Add up the rows of each cache token; nothing becomes stale by it. A worker does so every "
        "minute. Example: python manage.py cache_compact"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        gone, left = tag_versions.compact(), tag_versions.count_rows()
        if options["format"] == "json":
            self.stdout.write(as_json({"removed": gone, "left": left}))
        else:
            self.stdout.write(f"{gone} rows removed, {left} left.")
