"""Numbers of connections to PostgreSQL and their time limits: three profiles, the arithmetic.

Persistent connections (`CONN_MAX_AGE`) are the default: each thread keeps one, so their number is
bounded by the processes and threads there are. `DATABASE_POOL=1` lets the threads of a process
share the connections of psycopg's pool instead, for which `CONN_MAX_AGE` has to be 0.
"""

from dataclasses import dataclass
from typing import Any

# Connections of the two threads of the task worker, of its leases, and of the metrics process.
BACKGROUND = 4
MOST_THREADS = 4  # of a web process, unless THREADS says otherwise


@dataclass(frozen=True)
class Profile:
    """Seconds, but for sizes. `budget` is for all processes of the deployment together.

    A statement is ended after `statement_timeout`, one of an import or a report after
    `long_statement_timeout`. Who waits `pool_timeout` for a connection of the pool, or finds
    `pool_max_waiting` others waiting, is asked to come back.
    """

    name: str
    conn_max_age: int
    budget: int
    statement_timeout: int
    long_statement_timeout: int
    lock_timeout: int
    idle_in_transaction_timeout: int
    pool_min_size: int
    pool_max_size: int
    pool_max_lifetime: int
    pool_max_idle: int
    pool_timeout: int
    pool_max_waiting: int

    def options(self, *, timeouts: bool) -> str:
        """The options that each connection sets on the server when it opens.

        Many short requests at once, on disks without heads: a request that starts two more
        processes takes their processors from the others, and a page read at random costs little
        more than the next one.
        """
        options: dict[str, Any] = {"max_parallel_workers_per_gather": 0, "random_page_cost": 1.1}
        if timeouts:
            options |= {
                "statement_timeout": f"{self.statement_timeout}s",
                "lock_timeout": f"{self.lock_timeout}s",
                "idle_in_transaction_session_timeout": f"{self.idle_in_transaction_timeout}s",
            }
        return " ".join(f"-c {name}={value}" for name, value in options.items())

    def pool(self) -> dict[str, Any]:
        """The options of psycopg's pool."""
        return {
            "min_size": self.pool_min_size,
            "max_size": self.pool_max_size,
            "max_lifetime": self.pool_max_lifetime,
            "max_idle": self.pool_max_idle,
            "timeout": self.pool_timeout,
            "max_waiting": self.pool_max_waiting,
        }


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="dev",
            conn_max_age=600,
            budget=10,
            statement_timeout=30,
            long_statement_timeout=600,
            lock_timeout=10,
            idle_in_transaction_timeout=60,
            pool_min_size=2,
            pool_max_size=10,
            pool_max_lifetime=600,
            pool_max_idle=120,
            pool_timeout=3,
            pool_max_waiting=20,
        ),
        Profile(
            name="staging",
            conn_max_age=1800,
            budget=50,
            statement_timeout=30,
            long_statement_timeout=900,
            lock_timeout=5,
            idle_in_transaction_timeout=30,
            pool_min_size=2,
            pool_max_size=12,
            pool_max_lifetime=1800,
            pool_max_idle=300,
            pool_timeout=4,
            pool_max_waiting=50,
        ),
        Profile(
            name="prod",
            conn_max_age=3600,
            budget=100,
            statement_timeout=15,
            long_statement_timeout=1800,
            lock_timeout=5,
            idle_in_transaction_timeout=30,
            pool_min_size=6,
            pool_max_size=25,
            pool_max_lifetime=3600,
            pool_max_idle=600,
            pool_timeout=5,
            pool_max_waiting=100,
        ),
    )
}


@dataclass(frozen=True)
class Demand:
    """The connections that a deployment may open at most."""

    profile: Profile
    workers: int
    threads: int
    pooled: bool
    pushed: bool  # the cache listens

    @property
    def of_a_process(self) -> int:
        """Those of requests, the cache's validator, and its listener where there is one."""
        size = min(self.threads, self.profile.pool_max_size) if self.pooled else self.threads
        return size + 1 + self.pushed

    @property
    def total(self) -> int:
        return self.workers * self.of_a_process + BACKGROUND


def fitting_threads(*, workers: int, budget: int, pushed: bool) -> int:
    """As many threads a process as the budget allows, at least one and at most MOST_THREADS."""
    left = (budget - BACKGROUND) // workers - 1 - pushed
    return max(1, min(MOST_THREADS, left))
