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
        "Fill the organizations demo, demo-2, ... with invented risks that look like a year's "
        "work: the same ones for the same seed. What exists stays; a second run adds only what is "
        "missing. Example: python manage.py seed_demo --risks 1000 --organizations 2 --seed 1"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--risks", type=_between(0, 1_000_000), default=1000, help="in each organization"
        )
        parser.add_argument("--organizations", type=_between(1, 1000), default=1)
        parser.add_argument("--seed", type=int, default=1, help="another seed, other risks")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        total = options["risks"] * options["organizations"]
        with tqdm(total=total, unit=" risks", disable=None) as bar:
            result = seed_organizations(
                risks=options["risks"],
                organizations=options["organizations"],
                seed=options["seed"],
                progress=bar.update,
            )
        as_text = "\n".join(_sentence(one) for one in result)
        as_json = json.dumps([asdict(one) for one in result], indent=2)
        self.stdout.write(as_json if options["format"] == "json" else as_text)


def _between(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise ArgumentTypeError(f"write a whole number from {least} to {most}")
        return int(text)

    return number


def _sentence(seeded: SeedResult) -> str:
    parts = ", ".join(f"{count} {what}" for what, count in seeded.created.items() if count)
    return f"{seeded.organization}: {f'added {parts}' if parts else 'nothing was missing'}"
