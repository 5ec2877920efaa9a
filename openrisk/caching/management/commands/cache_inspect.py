from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from openrisk.caching.inspection.explain import Explanation, explain_url
from openrisk.caching.management.arguments import add_base, add_format, as_json, or_usage_error
from openrisk.caching.principals import principal_directory


class Command(BaseCommand):
    help = (
        "Explain how the cache treats a URL for a given user: its key, the tags it depends on, "
        "what is stored, and why it is or is not a hit. Computes nothing. "
        "Example: python manage.py cache_inspect "
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
        user = or_usage_error(
            lambda: principal_directory().find_user(options["person"], options["organization"])
        )
        explanation = or_usage_error(
            lambda: explain_url(options["url"], user, base=options["base"])
        )
        if options["format"] == "json":
            self.stdout.write(as_json(asdict(explanation)))
            return
        self.stdout.write(f"{explanation.verdict}: {explanation.why}\n")
        self.stdout.write(f"{explanation.url}\nas {explanation.person}")
        self.stdout.write(f"view {explanation.view or 'none'}")
        if explanation.key:
            self.write_details(explanation)

    def write_details(self, explanation: Explanation) -> None:
        self.stdout.write(f"key {explanation.key}, of")
        for name, value in explanation.parts:
            self.stdout.write(f"  {name:12} {value or '-'}")
        self.stdout.write("depends on")
        for tag in explanation.tags:
            stored = f", stored {tag.stored or 'none'}" if tag.is_changed else ""
            self.stdout.write(f"  {tag.of:6} {tag.tag}  version {tag.now or 'none'}{stored}")
        self.stdout.write(f"stored (TTL {explanation.ttl:.0f} s)")
        for copy in explanation.kept:
            left = f"{copy.left:.0f} s left" if copy.left > 0 else "expired"
            changed = f"{len(copy.changed)} tags changed" if copy.changed else "no tag changed"
            self.stdout.write(
                f"  in {copy.where}: {copy.bytes} bytes, {copy.age:.0f} s old, {left}, {changed}"
            )
        if not explanation.kept:
            self.stdout.write("  nothing that is visible from here")
