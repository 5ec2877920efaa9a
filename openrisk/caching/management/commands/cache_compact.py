from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from openrisk.caching.freshness import tag_versions
from openrisk.caching.management.arguments import add_format, as_json


class Command(BaseCommand):
    help = (
        "Add up the rows of each tag's version; nothing becomes stale. A worker does so every "
        "minute. Example: python manage.py cache_compact"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        removed, left = tag_versions.compact(), tag_versions.count_rows()
        if options["format"] == "json":
            self.stdout.write(as_json({"removed": removed, "left": left}))
        else:
            self.stdout.write(f"{removed} rows removed, {left} left.")
