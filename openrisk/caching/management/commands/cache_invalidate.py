from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from openrisk.caching.inspection import maintenance
from openrisk.caching.management.arguments import add_format, as_json, or_usage_error
from openrisk.caching.principals import principal_directory


class Command(BaseCommand):
    help = (
        "Make stale, at once and in every process, all that was computed from the models matching "
        "a glob. Writes do so by themselves: this is for changes that the database cannot notice. "
        "Example: python manage.py cache_invalidate 'risks.*' --organization demo --dry-run"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "patterns", nargs="+", metavar="PATTERN", help="such as risks.risk or 'risks.*'"
        )
        parser.add_argument(
            "--organization", metavar="SLUG", help="only of this organization, as far as tags allow"
        )
        parser.add_argument("--dry-run", action="store_true", help="print it, change nothing")
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        models = or_usage_error(lambda: maintenance.match_models(options["patterns"]))
        slug, dry_run = options["organization"], options["dry_run"]
        organization_id = None
        if slug:
            organization_id = or_usage_error(
                lambda: principal_directory().find_organization_id(slug)
            )
        done = maintenance.invalidate_models(models, organization_id, dry_run=dry_run)
        if options["format"] == "json":
            self.stdout.write(as_json({**asdict(done), "dry_run": dry_run}))
            return
        for tag in done.tags:
            self.stdout.write(tag)
        verb = "A dry run: nothing was changed. It would give" if dry_run else "Gave"
        self.stdout.write(
            f"{verb} new versions to {len(done.tags)} tags of {len(done.models)} models."
        )
        if done.views:
            views = ", ".join(done.views)
            self.stdout.write(f"{'Would be stale' if dry_run else 'Stale'}: {views}.")
