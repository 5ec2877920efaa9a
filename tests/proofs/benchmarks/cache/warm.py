"""Throughput, tail and queries of warm answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import psycopg

from locustfiles.harness.http_load import Connection, Load, Request, ask, measure
from tests.proofs.benchmarks.cache.world import OTHERS, World

CONNECTIONS, TAIL_CONNECTIONS = 8, 32
WARM_UP_SECONDS = 0.5
HITS = 200
STATEMENTS = """
SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = current_database()
AND query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE 'NOTIFY%'
"""  # a listener's beat comes with time, not with hits


@dataclass(frozen=True)
class Subject:
    name: str
    port: int
    request: Request
    status: int = 200


def subjects(world: World) -> list[Subject]:
    """Everything whose throughput is compared; neighbours in the list are compared most closely."""
    page = world.first_page()
    etag = ask(world.servers["strict"].port, page).header("ETag")
    known = Request(page.path, {**page.headers, "If-None-Match": etag})
    names = ["bare", "push", "not_modified", "strict", "million", "usual", *OTHERS]
    return [
        Subject(name, world.servers["strict"].port, known, 304)
        if name == "not_modified"
        else Subject(name, world.servers[name].port, page)
        for name in names
        if name not in world.failures
    ]


def throughput(
    measured: Sequence[Subject], rounds: int, seconds: float
) -> dict[str, list[dict[str, float]]]:
    """For each subject one sample a round; who comes first rotates."""
    samples: dict[str, list[dict[str, float]]] = {subject.name: [] for subject in measured}
    for number in range(rounds):
        for subject in rotated(measured, number):
            load(subject, CONNECTIONS, WARM_UP_SECONDS)
            samples[subject.name].append(vars(load(subject, CONNECTIONS, seconds)))
    return samples


def rotated(items: Sequence[Any], number: int) -> list[Any]:
    start = number % len(items)
    return [*items[start:], *items[:start]]


def load(subject: Subject, connections: int, seconds: float) -> Load:
    return measure(
        subject.port,
        subject.request,
        connections=connections,
        seconds=seconds,
        status=subject.status,
    )


def ratio(samples: dict[str, list[dict[str, float]]], over: str, under: str) -> list[float]:
    """Of the rates, round by round."""
    pairs = zip(samples[over], samples[under], strict=True)
    return [one["rate"] / other["rate"] for one, other in pairs]


def tail(world: World, rounds: int, seconds: float) -> list[dict[str, float]]:
    """Warm and strict, with more connections than threads."""
    subject = Subject("strict", world.servers["strict"].port, world.first_page())
    load(subject, TAIL_CONNECTIONS, WARM_UP_SECONDS)
    return [vars(load(subject, TAIL_CONNECTIONS, seconds)) for _ in range(rounds)]


def queries_per_hit(world: World) -> dict[str, float | None]:
    """As PostgreSQL counts them, hit after hit on one connection; None where it cannot count."""
    with psycopg.connect(world.databases["openrisk"], autocommit=True) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'"
        ).fetchone():
            return {"strict": None, "push": None}
        return {name: _queries(world, name, connection) for name in ("strict", "push")}


def _queries(world: World, name: str, database: psycopg.Connection[Any]) -> float:
    def count() -> int:
        return int(database.execute(STATEMENTS).fetchone()[0])

    client = Connection(world.servers[name].port)
    request = bytes(world.first_page())
    client.ask(request)
    before = count()
    answers = [client.ask(request) for _ in range(HITS)]
    after = count()
    client.close()
    assert all(answer.header("X-Cache") == "HIT" for answer in answers)
    return (after - before) / HITS


def middle(values: Sequence[float]) -> float:
    return round(median(values), 3)
