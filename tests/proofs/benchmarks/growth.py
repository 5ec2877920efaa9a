"""How cost grows: `python -m tests.proofs.benchmarks.growth`; some ten minutes on two cores.

With the rows of a register: the first page of its risks uncached, by the usual recipe, and as a hit
of OpenRisk. With organizations, users, the share of writes and the number of URLs: how many reads
are hits, and how many requests a second are answered. Kept in `docs/data/growth.json`.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from deployment.local.servers import postgres, stops_on_sigterm, valkey
from tests.proofs.benchmarks.cache import crowd, data, warm
from tests.proofs.benchmarks.cache.processes import ROOT
from tests.proofs.benchmarks.cache.warm import Subject
from tests.proofs.benchmarks.cache.world import PROJECTS, World, install_push
from tests.proofs.benchmarks.cache.world import warm as asked_before

ROWS = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS, SECONDS = 3, 1.5
REQUESTS = 6_000
ORGANIZATIONS = (1, 2, 5, 10, 20)
USERS = (1, 10, 100)
WRITES = (0.0, 0.001, 0.01, 0.05, 0.2)
URLS = (40, 200, 1_000)


def main() -> int:
    argparse.ArgumentParser(
        prog="python -m tests.proofs.benchmarks.growth", description=__doc__
    ).parse_args()
    with (
        stops_on_sigterm(),
        tempfile.TemporaryDirectory(prefix="openrisk-growth-") as folder,
        postgres() as database,
        valkey() as cache,
    ):
        os.environ |= {
            "DATABASE_URL": database.url,
            "VAR_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "openrisk.settings",
            "CACHE_BACKEND": "memory",
            "CACHE_CONSISTENCY": "strict",
        }
        results = {
            "measured_on": datetime.now(UTC).date().isoformat(),
            "requests": REQUESTS,
            **measured(database.url, cache.url, Path(folder)),
        }
    (ROOT / "docs" / "data" / "growth.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))
    return 0


def measured(database_url: str, cache_url: str, folder: Path) -> dict[str, Any]:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    rows = data.fill()
    people = [_person(rows.large, number) for number in range(max(USERS))]
    connection.close()  # one copies a database to which nobody is connected
    install_push()  # before it is copied: the copies notify too
    databases = {size: data.copy(database_url, f"rows{size}") for size in ROWS}

    def world(url: str, stack: ExitStack) -> World:
        return World({"openrisk": url}, cache_url, folder, rows, stack)

    found = []
    for size, url in databases.items():
        say(f"{size:,} risks")
        if size > data.LARGE:
            data.grow(url, rows.large, size)
        with ExitStack() as stack:
            found.append({"rows": size, **_by_candidate(world(url, stack), size)})
    with ExitStack() as stack:
        made = world(database_url, stack)
        return {"rows": found, "crowds": list(_crowds(made, people))}


def _person(owner: data.Owner, number: int) -> data.Owner:
    """Another user of the organization, with the same rights."""
    from openrisk.accounts.credentials.tokens import create_token
    from openrisk.accounts.members.memberships import set_role
    from openrisk.accounts.models import Organization, Role, User

    organization = Organization.objects.get(pk=owner.id)
    user = User.objects.create(email=f"user{number}@example.org", name=f"User {number}")
    set_role(user=user, organization=organization, role=Role.MANAGER)
    token, secret = create_token(user=user, organization=organization)
    type(token).objects.filter(pk=token.pk).update(last_used_on=datetime.now(UTC).date())
    return replace(owner, authorization=f"Token {secret}")


def _by_candidate(world: World, size: int) -> dict[str, float]:
    """Answers a second of each, the median of some rounds."""
    usual = {"DJANGO_SETTINGS_MODULE": f"{PROJECTS}.usual_settings"}
    candidates = {
        "uncached": world.start(f"uncached{size}", CACHE_BACKEND="none"),
        "usual": world.start(f"usual{size}", f"{PROJECTS}.wsgi", **usual),
        "strict": world.start(f"strict{size}"),
        "push": world.start(f"push{size}", CACHE_CONSISTENCY="push"),
    }
    page = world.first_page()
    for server in candidates.values():
        asked_before(server, page)
    subjects = [Subject(name, server.port, page) for name, server in candidates.items()]
    samples = warm.throughput(subjects, ROUNDS, SECONDS)
    return {
        name: round(median(sample["rate"] for sample in rounds), 1)
        for name, rounds in samples.items()
    }


def _crowds(world: World, people: list[data.Owner]) -> Iterator[dict[str, Any]]:
    server = world.start("crowds")
    small, large = world.rows.small, world.rows.large

    def one(dimension: str, value: float, owners: Any, **others: Any) -> dict[str, Any]:
        say(f"{dimension}: {value}")
        found = crowd.mixed(server, owners, REQUESTS, **others)
        return {"dimension": dimension, "value": value, **found}

    for organizations in ORGANIZATIONS:
        yield one("organizations", organizations, small[:organizations], urls=100)
    for users in USERS:
        # All of them ask for the same.
        yield one("users", users, people[:users], urls=20 * users)
    for share in WRITES:
        yield one("share of writes", share, small[:10], writes=share)
    for urls in URLS:
        yield one("URLs", urls, [large], urls=urls)


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
