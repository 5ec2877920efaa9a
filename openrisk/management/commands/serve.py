from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from monitoring.health.probes import check_readiness
from openrisk.accounts import key_fingerprints
from openrisk.database.checks import connection_error
from openrisk.server import supervisor


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
        parser.add_argument(
            "--migrate", action="store_true", help="apply migrations first, as `migrate` would"
        )
        parser.add_argument(
            "--demo", action="store_true", help="create tables and demo data first, where missing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["migrate"] or options["demo"]:
            if reason := connection_error():
                raise CommandError(
                    f"The database cannot be used: {reason}. Start its server, or correct "
                    "DATABASE_URL."
                )
            # In this process, because each one more takes a second or two to start.
            call_command("migrate", verbosity=0)
        self.check(tags=[Tags.database], databases=["default"])
        # The checks have found the keys to be new, ours, or a replacement of ours.
        with suppress(DatabaseError):  # no database yet, or no tables: readiness says so
            key_fingerprints.remember_keys()
        connections.close_all()  # what is forked from here must not share them
        try:
            supervisor.serve(
                worker=not options["no_worker"],
                on_ready=self._say_ready,
                while_starting=self._create_demo if options["demo"] else bool,
            )
        except supervisor.REFUSALS as error:
            raise CommandError(str(error)) from None

    def _create_demo(self) -> None:
        call_command("demo_create", stdout=self.stdout)
        connections.close_all()
        self.stdout.flush()

    def _say_ready(self) -> None:
        """At once, for who waits for it behind a pipe: this process does not end so soon."""
        readiness = check_readiness()
        reasons = " ".join(
            filter(None, (readiness.database, readiness.migrations, readiness.triggers))
        )
        self.stdout.write(
            f"OpenRisk is ready at {supervisor.local_url()}"
            if readiness.is_ready
            else f"OpenRisk runs at {supervisor.local_url()}, but is not ready: {reasons}"
        )
        connections.close_all()
        self.stdout.flush()
