"""The phases of a run: without the cache, with it, with all caches full, without kept connections.

Every run begins with its own baseline, so that what is compared was measured on one machine within
minutes.
"""

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from deployment.local.calibration import describe, measure_slowness, slowness
from locustfiles.harness import filling, generator
from locustfiles.harness.generator import Interrupted, Order
from locustfiles.harness.http_load import Load
from locustfiles.harness.scenarios import SCENARIOS, Scenario
from locustfiles.harness.usage import Watch
from locustfiles.harness.warming import warm
from locustfiles.harness.world import Serving, World

RECORD_RATE, RECORD_USERS = 500, 50
CALIBRATION_ROUNDS = 30
TOLD = ("users", "risks", "organizations", "consistency")  # of the sizes, in a report


@dataclass(frozen=True)
class Sizes:
    """Seconds, of the measurement and of what comes before. `rate` 0 is 60 % of capacity."""

    users: int
    rate: float
    seconds: float
    risks: int
    organizations: int
    consistency: str = "strict"
    record: float = 40
    capacity: float = 8
    baseline: float = 30

    @classmethod
    def of(cls, scenario: Scenario, options: Any) -> "Sizes":
        # On a slow machine longer, so that as much is asked; how long to measure is the caller's.
        longer = slowness()
        sizes = cls(
            users=options.users or scenario.users,
            rate=options.rate,
            seconds=options.time or scenario.seconds,
            risks=options.risks,
            organizations=options.organizations,
            consistency=options.consistency,
            record=cls.record * longer,
            capacity=cls.capacity * longer,
            baseline=cls.baseline * longer,
        )
        if options.draft:
            small = {"seconds": 4, "record": 4, "capacity": 1, "baseline": 3}
            return replace(sizes, users=12, risks=120, organizations=2, **small)
        return sizes


@dataclass
class Run:
    """`results` grow phase by phase, so that an interrupted run has those that it came to."""

    name: str
    sizes: Sizes
    folder: Path
    metrics_port: int
    results: dict[str, Any] = field(default_factory=dict)

    @property
    def scenario(self) -> Scenario:
        return SCENARIOS[self.name]

    def all(self, world: World) -> None:
        """Raises LoadFailed, NotSeeded, NotStarted, Interrupted."""
        self._calibrate()
        with told("Filling the database"):
            sizes = self.sizes
            world.seed(sizes.risks, sizes.organizations, CACHE_CONSISTENCY=sizes.consistency)
        self.results |= self._circumstances(world)
        asked = world.folder / "asked.txt"
        with told("Recording what is asked"):
            record(world, asked, self.sizes.record, self.metrics_port)
        with world.serving("baseline", CACHE_BACKEND="none") as serving:
            seconds = self.sizes.baseline if self.scenario.cached else self.sizes.seconds
            self._phase("baseline", world, serving, asked, "baseline", seconds)
        if not self.scenario.cached:
            return
        with world.serving("cached", CACHE_CONSISTENCY=self.sizes.consistency) as serving:
            self._phase("cached", world, serving, asked, self.name, self.sizes.seconds)
            if self.scenario.fills:
                with told("Filling the caches"):
                    self.results["full"] = filling.fill(
                        world, serving, self.sizes.risks // self.sizes.organizations
                    )
        if self.scenario.alike:
            with world.serving("alike", CACHE_BACKEND="none") as serving:
                self._alike(world, serving)
        if self.scenario.unpooled:
            settings = {"DJANGO_SETTINGS_MODULE": "locustfiles.harness.unpooled_settings"}
            with world.serving("unpooled", **settings) as serving:
                self._phase("unpooled", world, serving, asked, self.name, self.sizes.baseline)
        self._calibrate()

    def _calibrate(self) -> None:
        """How slow the machine is now: at the start, after each measurement, at the end."""
        measured = measure_slowness(CALIBRATION_ROUNDS)
        self.results.setdefault("slowness", []).append(round(measured, 2))
        print(f"This machine is {describe(measured)}.", file=sys.stderr, flush=True)

    def _circumstances(self, world: World) -> dict[str, Any]:
        import django

        with psycopg.connect(world.database.url) as connection:
            version = connection.info.parameter_status("server_version") or ""
        return {
            "measured_on": datetime.now(UTC).date().isoformat(),
            "scenario": self.name,
            "machine": f"{os.cpu_count()} cores, {platform.machine()}",
            "python": platform.python_version(),
            "django": django.__version__,
            "postgresql": version.split()[0],
            **{name: getattr(self.sizes, name) for name in TOLD},
        }

    def _phase(
        self,
        name: str,
        world: World,
        serving: Serving,
        asked: Path,
        scenario: str,
        seconds: float,
    ) -> None:
        phase = self.results[name] = {}
        if name != "baseline":
            with told(f"Warming, {name}"):
                warmth = warm(serving.url, recorded_reads(asked))
            print(f"  {warmth}", file=sys.stderr, flush=True)
            phase["warmth"] = asdict(warmth)
        with told(f"Throughput, {name}"):
            reads, mixed = throughput(serving.url, asked, self.sizes.capacity)
        phase |= {"reads": asdict(reads), "mixed": asdict(mixed)}
        rate = self.sizes.rate if name != "baseline" else 0
        phase["wanted_rate"] = rate = rate or self.scenario.share * mixed.rate
        order = Order(scenario, self.sizes.users, rate, seconds, workload=self.scenario.workload)
        with told(f"Latency, {name}, at {rate:.0f} requests/s"), self._scraped(serving, name):
            self._measure(phase, world, serving, order, name)
        self._calibrate()

    def _alike(self, world: World, serving: Serving) -> None:
        """Without the cache, the same users at the same pace as with it."""
        rate = self.results["cached"]["wanted_rate"]
        phase = self.results["alike"] = {"wanted_rate": rate}
        order = Order(
            self.name, self.sizes.users, rate, self.sizes.baseline, workload=self.scenario.workload
        )
        with told(f"Latency, without the cache, at {rate:.0f} requests/s"):
            self._measure(phase, world, serving, order, "alike")

    def _measure(
        self, phase: dict[str, Any], world: World, serving: Serving, order: Order, name: str
    ) -> None:
        with closing(Watch(world, serving)) as watch, watch.watching() as usage:
            phase["usage"] = usage
            try:
                phase["locust"] = generator.locust(
                    world,
                    serving.url,
                    order,
                    self.folder / name,
                    self.metrics_port,
                    serving.ended,
                )
            except Interrupted as stop:
                phase["locust"] = stop.results
                raise

    @contextmanager
    def _scraped(self, serving: Serving, name: str) -> Iterator[None]:
        """The server's own metrics, before and after."""
        (self.folder / f"{name}-metrics-before.txt").write_text(serving.metrics())
        try:
            yield
        finally:
            (self.folder / f"{name}-metrics-after.txt").write_text(serving.metrics())


def record(world: World, asked: Path, seconds: float, port: int) -> None:
    """What people ask, for wrk to ask it again: so much that all that is often asked is in it.

    The first half is `asked`, the second the file beside it that `throughput` uses.
    Raises LoadFailed, Interrupted.
    """
    order = Order("baseline", RECORD_USERS, RECORD_RATE, seconds, workload="closed", record=asked)
    with world.serving("recording", "--no-worker") as serving:
        generator.locust(world, serving.url, order, world.folder / "record", port, serving.ended)
    lines = asked.read_text().splitlines(keepends=True)
    half = len(lines) // 2
    asked.write_text("".join(lines[:half]))
    _later(asked).write_text("".join(lines[half:]))


def _later(asked: Path) -> Path:
    return Path(f"{asked}.later")


def recorded_reads(asked: Path) -> tuple[Path, Path]:
    """The rows that are looked at, then everything that was asked."""
    return Path(f"{asked}.rows"), asked


def throughput(url: str, asked: Path, seconds: float) -> tuple[Load, Load]:
    """Of reads that are all hot; and of what people ask next, of which some is new and writes.

    What had been warmed to the last request would be no measure of what users get, who also ask
    what nobody has asked before.
    """
    reads = generator.replay(url, asked, writes=False, seconds=seconds)
    return reads, generator.replay(url, _later(asked), writes=True, seconds=seconds)


@contextmanager
def told(what: str) -> Iterator[None]:
    print(f"{what} ...", file=sys.stderr, flush=True)
    began = time.monotonic()
    yield
    print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
