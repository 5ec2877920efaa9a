import sys
from argparse import ArgumentTypeError
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from openrisk.caching.inspection import verification
from openrisk.caching.inspection.verification import VerifiedEntry
from openrisk.caching.management.arguments import UNVERIFIED, add_format, as_json


class Command(BaseCommand):
    help = (
        "Compute entries of the shared store again, with the cache bypassed, and compare bytes. "
        "Exits with 3 if one differs that would have been served. "
        "Example: python manage.py cache_verify --sample 200 --format json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sample", type=positive_number, default=100, metavar="N", help="(default: 100)"
        )
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = verification.sample_keys(options["sample"])
        except verification.CannotList as reason:
            raise CommandError(str(reason)) from None
        verdicts = list(
            tqdm(verification.verify_entries(keys), total=len(keys), unit=" entries", disable=None)
        )
        counts = Counter(verdict.outcome for verdict in verdicts)
        if options["format"] == "json":
            rows = [asdict(verdict) for verdict in verdicts if verdict.outcome != "same"]
            self.stdout.write(as_json({"counts": counts, "entries": rows}))
        else:
            self.write_text(verdicts, counts)
        if counts["different"]:
            sys.exit(UNVERIFIED)

    def write_text(self, verdicts: list[VerifiedEntry], counts: Counter[str]) -> None:
        for verdict in verdicts:
            if verdict.outcome != "same":
                name = verdict.path or verdict.key
                self.stdout.write(f"{verdict.outcome:10} {name}  {verdict.detail}")
        summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        self.stdout.write(f"{len(verdicts)} entries: {summary or 'the store is empty'}.")


def positive_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a number of entries: give 1 or more")
    return int(text)
