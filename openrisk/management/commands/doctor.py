import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from openrisk.diagnosis.check_result import CheckResult, CheckStatus
from openrisk.diagnosis.doctor import run_checks


class Command(BaseCommand):
    help = (
        "Say what is configured, reachable and complete, and what to do about what is not. Exits "
        "with 1 if anything failed. Example: python manage.py doctor --format json"
    )
    requires_system_checks: tuple[str, ...] = ()  # they are one of the findings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(run_checks())
        if options["format"] == "json":
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        else:
            for finding in findings:
                self._write(finding)
        if any(finding.status is CheckStatus.FAILURE for finding in findings):
            sys.exit(1)

    def _write(self, finding: CheckResult) -> None:
        style = {
            CheckStatus.OK: self.style.SUCCESS,
            CheckStatus.WARNING: self.style.WARNING,
            CheckStatus.FAILURE: self.style.ERROR,
        }[finding.status]
        self.stdout.write(
            f"{style(f'{finding.status.value:8}')} {finding.subject:14} {finding.detail}"
        )
        if finding.advice:
            self.stdout.write(f"{'':24}{finding.advice}")
