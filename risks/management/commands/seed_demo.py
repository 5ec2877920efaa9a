import json
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from risks.demo.seeding import SeedResult, seed_organizations


class Command(BaseCommand):
    help = (
        "Fill the organizations demo, demo-2, ... with invented risks that look like eighteen "
        "months of work: the written ones, then generated load data, the same for the same seed. "
        "What exists stays; a second run adds only what is missing. "
        "Example: python manage.py seed_demo --risks 1000 --organizations 2 --seed 1"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--risks", type=_whole_number(0, 1_000_000), default=1000, help="in each organization"
        )
        parser.add_argument("--organizations", type=_whole_number(1, 1000), default=1)
        parser.add_argument("--seed", type=int, default=1, help="another seed, other risks")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        total = options["risks"] * options["organizations"]
        with tqdm(total=total, unit=" risks", disable=None) as bar:
            results = seed_organizations(
                risks=options["risks"],
                organizations=options["organizations"],
                seed=options["seed"],
                progress=bar.update,
            )
        as_text = "\n".join(_describe_result(result) for result in results)
        as_json = json.dumps([asdict(result) for result in results], indent=2)
        self.stdout.write(as_json if options["format"] == "json" else as_text)


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse_number(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise ArgumentTypeError(f"write a whole number from {least} to {most}")
        return int(text)

    return parse_number


def _describe_result(result: SeedResult) -> str:
    parts = ", ".join(f"{count} {name}" for name, count in result.created.items() if count)
    return f"{result.organization}: {f'added {parts}' if parts else 'nothing was missing'}"
