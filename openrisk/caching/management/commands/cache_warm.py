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
from openrisk.caching.principals import ImpersonatedUser, principal_directory
from openrisk.caching.storage.shared import shared_store

ALONE = (
    "There is no shared store (CACHE_BACKEND): what was computed stays in this process, which ends "
    "now. Only a shared store helps the others."
)


class Command(BaseCommand):
    help = (
        "Ask URLs through the application, so that the shared store is filled before people come. "
        "Exits with 4 if some of them gave nothing to keep, with 1 if all. "
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
        person = or_usage_error(lambda: self._person(options["organization"], options["person"]))
        asked = maintenance.warm_urls(options["urls"], person, base=options["base"])
        done = or_usage_error(lambda: list(asked))
        if options["format"] == "json":
            self.stdout.write(as_json([asdict(one) for one in done]))
        else:
            for one in done:
                result = one.result or f"status {one.status}"
                self.stdout.write(f"{result:10} {one.url}  {one.person}")
        if shared_store() is None:
            self.stderr.write(ALONE)
        self._finish(done)

    def _person(self, slug: str, email: str | None) -> ImpersonatedUser:
        who = principal_directory()
        return who.find_user(email, slug) if email else who.find_most_privileged(slug)

    def _finish(self, done: list[maintenance.WarmedUrl]) -> None:
        failed = [one for one in done if not one.ok]
        if not failed:
            return
        if len(failed) == len(done):
            raise CommandError("No URL gave an answer that is kept. See cache_inspect for why.")
        self.stderr.write(f"{len(failed)} of {len(done)} gave no answer that is kept.")
        sys.exit(PARTIAL)
