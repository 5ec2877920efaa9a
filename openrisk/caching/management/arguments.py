"""Arguments and errors that commands of the cache share. An unknown name is a usage error (2)."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.management.base import CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from openrisk.caching.inspection import simulation
from openrisk.caching.inspection.maintenance import UnknownPattern
from openrisk.caching.principals import UnknownPrincipal

USAGE, UNVERIFIED, PARTIAL = 2, 3, 4
Result = TypeVar("Result")


def or_usage_error(find: Callable[[], Result]) -> Result:
    """The result of `find`; a CommandError if it names something unknown, or an invalid URL."""
    try:
        return find()
    except (UnknownPrincipal, UnknownPattern, simulation.BadUrl) as error:
        raise CommandError(str(error), returncode=USAGE) from None


def add_format(parser: CommandParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text")


def add_base(parser: CommandParser) -> None:
    parser.add_argument(
        "--base",
        default=simulation.default_base_url(),
        metavar="URL",
        help="scheme and host of URLs that name none; entries of another host are others "
        "(default: %(default)s)",
    )


def as_json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
