from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from openrisk import serving


class Command(BaseCommand):
    help = (
        "Run OpenRisk until SIGTERM or Ctrl-C: the web server on PORT, the task worker, and the "
        "metrics on METRICS_PORT. Example: PORT=8080 WORKERS=4 python manage.py serve"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-worker",
            action="store_true",
            help="do not run the task worker here; run `manage.py worker` elsewhere",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            serving.serve(worker=not options["no_worker"], say=self.stdout.write)
        except (serving.PortUnavailable, serving.StartFailed) as error:
            raise CommandError(str(error)) from None
