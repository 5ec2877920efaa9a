import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from openrisk.diagnosis.check_result import CheckStatus
from openrisk.diagnosis.doctor import run_checks


class Command(BaseCommand):
    help = (
        "Say what is configured, reachable and complete, and what to do about what is not. Exits "
        "with 1 if anything failed. Example: python manage.py doctor --format json"
    )
    requires_system_checks: tuple[str, ...] = ()  # they are one of the checks

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        results = list(run_checks())
        if options["format"] == "json":
            self.stdout.write(json.dumps([asdict(result) for result in results], indent=2))
        else:
            styles = {
                CheckStatus.OK: self.style.SUCCESS,
                CheckStatus.WARNING: self.style.WARNING,
                CheckStatus.FAILURE: self.style.ERROR,
            }
            for result in results:
                status = styles[result.status](f"{result.status.value:8}")
                self.stdout.write(f"{status} {result.subject:14} {result.detail}")
                if result.advice:
                    self.stdout.write(f"{'':24}{result.advice}")
        if any(result.status is CheckStatus.FAILURE for result in results):
            sys.exit(1)
