from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.installations import lifecycle
from marketplace.management.arguments import add_app_arguments, find_app
from marketplace.models import AppState
from openrisk.errors import Conflict
from risks.management.arguments import check_member


class Command(BaseCommand):
    help = (
        "Read the source of an app, or send its test message, and store the result. "
        "Example: python manage.py connector_test cisa-kev --organization demo"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_app_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        check_member(options["user"], options["organization"])
        app = find_app(options["organization"], options["app"])
        try:
            app = lifecycle.test_app(actor=options["user"], app=app)
        except Conflict as refusal:
            raise CommandError(" ".join(refusal.reasons)) from None
        if app.state == AppState.ERROR:
            raise CommandError(app.reason)
        self.stdout.write(f"{app.name} works.")
