"""Run a load test and judge it: `python -m locustfiles.harness SCENARIO [--users N] [--rate R]`.

Starts PostgreSQL, Valkey and OpenRisk for itself alone, fills them, measures OpenRisk without its
cache and then with it, and judges the targets. Everything is kept in `var/load/<time>/`. Exit
codes: 0 no target is missed, 3 one is, 1 it could not run, 130 interrupted.
"""

import argparse
import contextlib
import json
import os
import runpy
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deployment.local.files import ROOT
from deployment.local.processes import NotStarted
from deployment.local.servers import HOST, ServerUnavailable
from locustfiles.harness.generator import Interrupted
from locustfiles.harness.http_load import LoadFailed
from locustfiles.harness.phases import Run, Sizes
from locustfiles.harness.report import verdict
from locustfiles.harness.scenarios import SCENARIOS
from locustfiles.harness.world import NotSeeded, world

METRICS_PORT = 9646
MISSED, UNABLE, INTERRUPTED = 3, 1, 130


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    port = options.metrics_port
    now = datetime.now(UTC)
    folder = Path(os.environ.get("VAR_DIR", ROOT / "var")) / "load" / f"{now:%Y-%m-%dT%H-%M-%S}"
    folder.mkdir(parents=True)
    sizes = Sizes.of(SCENARIOS[options.scenario], options)
    run = Run(options.scenario, sizes, folder, port)
    code = 0
    try:
        _require_free(port)
        with (
            tempfile.TemporaryDirectory(prefix="openrisk-load-") as place,
            world(Path(place)) as made,
        ):
            run.all(made)
    except (LoadFailed, NotSeeded, NotStarted, ServerUnavailable) as reason:
        print(reason, file=sys.stderr)
        code = UNABLE
    except (KeyboardInterrupt, Interrupted):
        print("\nInterrupted: what follows is what was measured until then.", file=sys.stderr)
        code = INTERRUPTED
    if not run.results.get("cached") and not run.results.get("baseline"):
        shutil.rmtree(folder)
        return code
    missed = verdict.write(run.results, folder)
    if options.keep and not code:
        kept = ROOT / "docs" / "data" / f"load-{options.scenario}.json"
        kept.write_text(json.dumps(verdict.compact(run.results), indent=1) + "\n")
    return code or (MISSED if missed else 0)


def _options(arguments: Sequence[str]) -> Any:
    parser = argparse.ArgumentParser(
        prog="python -m locustfiles.harness",
        description=__doc__.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", choices=SCENARIOS, help="see locustfiles/README.md")
    add = parser.add_argument
    add("--users", type=_positive, default=0, help="at most; the scenario's own unless given")
    add(
        "--rate",
        type=_positive,
        default=0,
        help="requests a second; 60 %% of capacity unless given",
    )
    add("--time", type=_time_span, default=0, help="of the measurement: 90, 90s, 1m30s, 2h")
    add("--risks", type=int, default=10_000)
    add("--organizations", type=int, default=10)
    add("--consistency", choices=("strict", "push"), default="strict", help="see docs/caching.md")
    add("--draft", action="store_true", help="everything in small: says nothing about speed")
    add("--keep", action="store_true", help="for docs/performance.md: see `make report`")
    port = os.environ.get("LOCUST_METRICS_PORT", str(METRICS_PORT))
    if not port.isdecimal():
        parser.error(f"LOCUST_METRICS_PORT={port}: write the number of a free port.")
    return parser.parse_args(arguments, argparse.Namespace(metrics_port=int(port)))


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text}: write a whole number, at least 1")
    return int(text)


def _time_span(text: str) -> int:
    """Seconds, as Locust's own --run-time takes them."""
    try:
        seconds = _locusts_parser()(text)
    except ValueError:
        seconds = 0
    if not seconds:
        raise argparse.ArgumentTypeError(f"{text!r}: write a time such as 90, 90s, 1m30s or 2h")
    return seconds


def _locusts_parser() -> Callable[[str], int]:
    """From its file: importing the package would put gevent in place of sockets and threads."""
    package = find_spec("locust")
    if package is None or package.origin is None:
        raise argparse.ArgumentTypeError("There is no Locust: pip install -r requirements-dev.txt")
    path = Path(package.origin).parent / "util" / "timespan.py"
    return runpy.run_path(str(path))["parse_timespan"]


def _require_free(port: int) -> None:
    try:
        with contextlib.closing(socket.create_server((HOST, port))):
            pass
    except OSError as error:
        raise LoadFailed(
            f"Port {port} is in use ({error.strerror}), where Locust's figures are to be. "
            "Set LOCUST_METRICS_PORT to a free one."
        ) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
