from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from risks.history import roles


class Command(BaseCommand):
    help = (
        "Give the application's PostgreSQL role what it needs: rows of all tables, history and "
        "ledgers only to read. Run it as the owner of the tables after each `migrate`. "
        "Example: manage.py database_roles openrisk"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="the role that DATABASE_URL of the application names")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            roles.grant_rights(options["role"])
        except roles.RoleRefused as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"{options['role']} can read and write rows, and cannot alter history.")
