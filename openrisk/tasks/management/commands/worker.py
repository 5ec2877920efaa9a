import sys
from argparse import ArgumentParser
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from openrisk.tasks.models import Schedule
from openrisk.tasks.worker import Worker

PARTIAL = 4


class Command(BaseCommand):
    help = (
        "Run background tasks and schedules until SIGTERM or Ctrl-C, which let the running "
        "task finish. Run as many as you like. Example: python manage.py worker --once"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="run what is due, then exit: 0 if all went well, 4 if a task failed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(once=options["once"])
        try:
            if Schedule._meta.db_table not in connection.introspection.table_names():
                raise CommandError(
                    "The database has no tables for tasks: run `python manage.py migrate` first."
                )
            self.check(tags=[Tags.database], databases=["default"])
            worker.run()
        except OperationalError as error:
            reason = " ".join(str(error).split()).removesuffix(".")
            raise CommandError(
                f"The database cannot be used: {reason}. Check DATABASE_URL and `manage.py doctor`."
            ) from None
        if options["once"] and worker.failures:
            sys.exit(PARTIAL)
