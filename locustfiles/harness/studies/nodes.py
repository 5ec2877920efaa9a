"""Several servers behind a proxy: `python -m locustfiles.harness.studies.nodes`.

Each is a server process on a port of its own, as a node would be; haproxy with the shipped
configuration shares out requests, pgbouncer pools their connections. Measured is throughput, and
whether a reader ever sees less than was acknowledged through another node. Kept in
`docs/data/nodes.json`. Exit codes: 0, 3 an answer was wrong, 1 it could not be measured.
"""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deployment.local.files import ROOT
from deployment.local.processes import NotStarted
from deployment.local.programs import ProgramsMissing
from deployment.local.proxy import proxy
from deployment.local.servers import ServerUnavailable, free_port, pgbouncer
from locustfiles.harness import generator
from locustfiles.harness.generator import Order
from locustfiles.harness.http_load import LoadFailed
from locustfiles.harness.phases import record, recorded_reads, throughput, told
from locustfiles.harness.report import figures
from locustfiles.harness.scenarios import SCENARIOS
from locustfiles.harness.usage import Watch
from locustfiles.harness.warming import warm
from locustfiles.harness.world import NotSeeded, World, world

COUNTS = (1, 2, 4)
POOLED = 20  # connections that pgbouncer keeps
RISKS, ORGANIZATIONS, USERS = 10_000, 10, 50
RECORD_SECONDS, CAPACITY_SECONDS, FRESHNESS_SECONDS = 40, 8, 30


def main() -> int:
    argparse.ArgumentParser(
        prog="python -m locustfiles.harness.studies.nodes", description=__doc__
    ).parse_args()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="openrisk-nodes-") as place,
            world(Path(place)) as made,
        ):
            found = measured(made)
    except (LoadFailed, NotSeeded, NotStarted, ProgramsMissing, ServerUnavailable) as reason:
        print(reason, file=sys.stderr)
        return 1
    results = {"measured_on": datetime.now(UTC).date().isoformat(), "nodes": found}
    text = json.dumps(results, indent=1) + "\n"
    (ROOT / "docs" / "data" / "nodes.json").write_text(text)
    print(text)
    return 3 if any(one[bad] for one in found for bad in ("errors", "stale", "foreign")) else 0


def measured(made: World) -> list[dict[str, Any]]:
    """Raises LoadFailed, NotSeeded, NotStarted, ProgramsMissing, ServerUnavailable."""
    with told("Filling the database"):
        made.seed(RISKS, ORGANIZATIONS)
    port, asked = free_port(), made.folder / "asked.txt"
    with told("Recording what is asked"):
        record(made, asked, RECORD_SECONDS, port)
    found = []
    for count in COUNTS:
        with told(f"{count} nodes"):
            found.append({"nodes": count, **_behind_a_proxy(made, count, asked, port)})
    return found


def _behind_a_proxy(made: World, count: int, asked: Path, port: int) -> dict[str, Any]:
    with ExitStack() as stack:
        pooler = stack.enter_context(pgbouncer(made.database, size=POOLED))
        nodes = [
            stack.enter_context(
                made.serving(
                    f"node{number}",
                    "--no-worker",
                    WORKERS="1",
                    DATABASE_URL=pooler.url,
                    DATABASE_DIRECT_URL=made.database.url,
                )
            )
            for number in range(count)
        ]
        url = stack.enter_context(proxy(made.folder, [node.url for node in nodes]))
        watch = stack.enter_context(closing(Watch(made, nodes[0])))
        print(f"  {warm(url, recorded_reads(asked))}", file=sys.stderr, flush=True)
        reads, mixed = throughput(url, asked, CAPACITY_SECONDS)
        order = Order(
            "freshness", USERS, SCENARIOS["freshness"].share * mixed.rate, FRESHNESS_SECONDS
        )
        with watch.watching() as usage:
            results = generator.locust(
                made,
                url,
                order,
                made.folder / f"nodes{count}",
                port,
                lambda: [part for node in nodes for part in node.ended()],
            )
    return {
        "reads_per_second": reads.rate,
        "mixed_per_second": mixed.rate,
        "connections": usage.connections,
        **figures.of_stage(results["stages"][-1]),
    }


if __name__ == "__main__":
    sys.exit(main())
