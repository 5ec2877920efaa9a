"""What goes wrong, again and again, while everybody reads and writes."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle

import redis

from tests.proofs.hammer.installation import Installation

Act = Callable[[], object]
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name LIKE %s AND pid <> pg_backend_pid()"
)
PUSH_PIDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'openrisk-push'"


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Fault:
    """`cause` it, leave it for `lasts` seconds, `mend` it, wait `pause` seconds, again."""

    name: str
    cause: Act = _nothing
    mend: Act = _nothing
    lasts: float = 0.5
    pause: float = 0.5
    push: bool = False  # with CACHE_CONSISTENCY=push, where a read may be as late as a delivery
    may_be_unavailable: bool = False  # a 503 is the right answer to a database that went away


def faults(installation: Installation) -> list[Fault]:
    """All of them, those of CACHE_CONSISTENCY=push last."""
    server, proxy = installation.valkey, installation.proxy
    client = redis.from_url(server.url)
    cuts = cycle((proxy.refuse, proxy.freeze))
    webs = cycle(installation.webs)
    killed = []

    def cut() -> None:
        next(cuts)()

    def kill_worker() -> None:
        killed.append(next(webs))
        killed[-1].kill()

    def start_worker() -> None:
        killed[-1].begin()
        killed[-1].await_answer()

    return [
        Fault("none"),
        Fault("redis killed", server.kill, server.start),
        Fault("redis stopped", *_stopping(lambda: [server.pid]), lasts=0.7),
        Fault("redis flushed", client.flushall, pause=0.3),
        Fault(
            "redis full",
            lambda: _limit(client, "1mb"),
            lambda: _limit(client, "0"),
            lasts=0.7,
        ),
        Fault("redis cut off from one process", cut, proxy.mend),
        Fault("worker killed", kill_worker, start_worker, lasts=0.2, pause=1.0),
        Fault(
            "backends terminated",
            lambda: installation.execute(TERMINATE, "openrisk%"),
            may_be_unavailable=True,
        ),
        *_push_faults(installation),
    ]


def _push_faults(installation: Installation) -> list[Fault]:
    def pids() -> list[int]:
        return [pid for (pid,) in installation.execute(PUSH_PIDS)]

    return [
        Fault("push", push=True),
        Fault(
            "push connections terminated",
            lambda: installation.execute(TERMINATE, "openrisk-push"),
            push=True,
        ),
        Fault("push connections stopped", *_stopping(pids), lasts=1.5, pause=1.0, push=True),
    ]


def _limit(client: redis.Redis, maximum: str) -> None:
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", maximum)


def _stopping(pids: Callable[[], list[int]]) -> tuple[Act, Act]:
    """Processes that neither answer nor end: connections stay open, and silent."""
    stopped: list[int] = []

    def stop() -> None:
        stopped.extend(pids())
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def go_on() -> None:
        while stopped:
            with suppress(ProcessLookupError):
                os.kill(stopped.pop(), signal.SIGCONT)

    return stop, go_on
