import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from openrisk.caching.inspection import maintenance
from openrisk.caching.management.arguments import (
    PARTIAL,
    add_base,
    add_format,
    as_json,
    or_usage_error,
)
from openrisk.caching.principals import principal_directory
from openrisk.caching.storage.shared import shared_store

ALONE = (
    "There is no shared store (CACHE_BACKEND): the responses stay in this process, which ends now. "
    "Only a shared store helps the others."
)


class Command(BaseCommand):
    help = (
        "Request URLs from the application, to fill the shared store before people come. "
        "Exits with 4 if some responses could not be stored, with 1 if none could. "
        "Example: python manage.py cache_warm --organization demo --base https://risk.example.org"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "urls", nargs="*", metavar="URL", help="(default: the first page of each cached list)"
        )
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument(
            "--as",
            dest="person",
            metavar="USER",
            help="an e-mail address (default: a member of the highest role; entries are shared)",
        )
        add_base(parser)
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        slug, email = options["organization"], options["person"]
        directory = principal_directory()
        user = or_usage_error(
            lambda: (
                directory.find_user(email, slug) if email else directory.find_most_privileged(slug)
            )
        )
        done = or_usage_error(
            lambda: list(maintenance.warm_urls(options["urls"], user, base=options["base"]))
        )
        if options["format"] == "json":
            self.stdout.write(as_json([asdict(warmed) for warmed in done]))
        else:
            for warmed in done:
                result = warmed.result or f"status {warmed.status}"
                self.stdout.write(f"{result:10} {warmed.url}  {warmed.person}")
        if shared_store() is None:
            self.stderr.write(ALONE)
        failed = [warmed for warmed in done if not warmed.is_cached]
        if failed and len(failed) == len(done):
            raise CommandError("No response could be stored. See cache_inspect for the reason.")
        if failed:
            self.stderr.write(f"{len(failed)} of {len(done)} responses could not be stored.")
            sys.exit(PARTIAL)
