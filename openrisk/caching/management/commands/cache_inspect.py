from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from openrisk.caching.inspection.explain import Explanation, StoredCopy, explain_url
from openrisk.caching.management.arguments import add_base, add_format, as_json, or_usage_error
from openrisk.caching.principals import principal_directory


class Command(BaseCommand):
    help = (
        "Explain a URL as somebody asks for it: its key, what it depends on, what is stored, and "
        "why it is or is not a hit. Computes nothing. Example: python manage.py cache_inspect "
        "'/api/v1/risks/?status=assessed' --as admin@example.com --organization demo"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", metavar="URL")
        parser.add_argument(
            "--as", dest="person", required=True, metavar="USER", help="an e-mail address"
        )
        parser.add_argument(
            "--organization", metavar="SLUG", help="(default: the first one of the person)"
        )
        add_base(parser)
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        person = or_usage_error(
            lambda: principal_directory().find_user(options["person"], options["organization"])
        )
        told = or_usage_error(lambda: explain_url(options["url"], person, base=options["base"]))
        if options["format"] == "json":
            self.stdout.write(as_json(asdict(told)))
            return
        self.stdout.write(f"{told.verdict}: {told.why}\n")
        self.stdout.write(f"{told.url}\nas {told.person}\nview {told.view or 'none'}")
        if told.key:
            self._write_details(told)

    def _write_details(self, told: Explanation) -> None:
        self.stdout.write(f"key {told.key}, of")
        for name, value in told.parts:
            self.stdout.write(f"  {name:12} {value or '-'}")
        self.stdout.write("depends on")
        for tag in told.tags:
            stored = f", stored {tag.stored or 'none'}" if tag.changed else ""
            self.stdout.write(f"  {tag.of:6} {tag.tag}  token {tag.now or 'none'}{stored}")
        self.stdout.write(f"stored (TTL {told.ttl:.0f} s)")
        for kept in told.kept:
            self.stdout.write(f"  {_sentence(kept)}")
        if not told.kept:
            self.stdout.write("  nothing that can be seen from here")


def _sentence(kept: StoredCopy) -> str:
    left = f"{kept.left:.0f} s left" if kept.left > 0 else "expired"
    snapshot = f"{len(kept.changed)} tokens differ" if kept.changed else "snapshot equal"
    return f"in {kept.where}: {kept.bytes} bytes, {kept.age:.0f} s old, {left}, {snapshot}"
