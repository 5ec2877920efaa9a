"""What the cache is declared to do, and how it does: for operators."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.urls import get_resolver
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from openrisk.caching import metrics
from openrisk.caching.decorators import Declaration, declarations, per_organization
from openrisk.caching.freshness import tag_versions
from openrisk.caching.freshness.registry import Row, tracked_model
from openrisk.caching.lookup import local_entries
from openrisk.caching.storage.shared import ALIAS, shared_store

HITS = ("front", "memory", "store")


@dataclass(frozen=True)
class CacheCounters:
    """Counters, and of what: `source` says whose they are, and is None where there are none."""

    source: str | None
    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # view, layer, result
    computes: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    invalidations: Counter[str] = field(default_factory=Counter)
    undeclared: Counter[tuple[str, str]] = field(default_factory=Counter)  # view, table
    breakers: list[bool] = field(default_factory=list)  # of each process: is it open?

    @property
    def hits(self) -> int:
        return sum(count for (_, _, result), count in self.requests.items() if result == "hit")

    @property
    def lookups(self) -> int:
        """The answers that the cache could give: hits and misses, of pages too."""
        misses = (count for (_, _, result), count in self.requests.items() if result == "miss")
        return self.hits + sum(misses)

    @property
    def hit_rate(self) -> float | None:
        """None while there are no answers yet."""
        return self.hits / self.lookups if self.lookups else None

    @property
    def breaker_open(self) -> bool:
        return any(self.breakers)


@dataclass(frozen=True)
class ViewFigures:
    """One cached view. Hits by layer and misses count answers; bypasses are outside of the rate."""

    view: str
    ttl: float
    reads: tuple[str, ...]
    scope: str
    clock: str
    hits: dict[str, int]
    misses: int
    bypasses: int
    compute_seconds: float | None
    undeclared: dict[str, int]  # by table: why responses were not kept
    entries: int
    bytes: int

    @property
    def lookups(self) -> int:
        return sum(self.hits.values()) + self.misses

    @property
    def hit_rate(self) -> float | None:
        return sum(self.hits.values()) / self.lookups if self.lookups else None

    def share(self, layer: str) -> float | None:
        return self.hits[layer] / self.lookups if self.lookups else None


@dataclass(frozen=True)
class StoreState:
    """The shared store; `reachable` is None where there is none."""

    backend: str
    reachable: bool | None
    detail: str
    keys: int | None = None
    bytes: int | None = None
    most_bytes: int | None = None


# --- Views --------------------------------------------------------------------------------------
def view_figures(counters: CacheCounters) -> list[ViewFigures]:
    """Every declared view, by name, and what is counted beside them: the parts of pages."""
    get_resolver().url_patterns  # noqa: B018  imports the views, which declare themselves
    entries: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for entry in local_entries.values():
        entries[entry.view] += 1
        sizes[entry.view] += entry.size
    return [
        _figures(declaration, counters, entries[name], sizes[name])
        for name, declaration in sorted((declarations | _undeclared(counters)).items())
    ]


def _undeclared(counters: CacheCounters) -> dict[str, Declaration]:
    """What `get_or_compute` keeps, which declares its reads call by call."""
    names = {view for view, _, _ in counters.requests} - declarations.keys()
    return {name: Declaration(name, 0, (), per_organization, None) for name in names}


def _figures(
    declared: Declaration, counters: CacheCounters, entries: int, size: int
) -> ViewFigures:
    view, requests = declared.view, counters.requests
    computes = counters.computes[view]
    return ViewFigures(
        view=view,
        ttl=declared.ttl,
        reads=tuple(reads_of(declared)),
        scope="organization" if declared.scope is per_organization else "user",
        clock=_clock(declared),
        hits={layer: requests[view, layer, "hit"] for layer in HITS},
        misses=requests[view, "view", "miss"],
        bypasses=requests[view, "view", "bypass"],
        compute_seconds=counters.seconds.get(view, 0) / computes if computes else None,
        undeclared={
            table: count for (name, table), count in counters.undeclared.items() if name == view
        },
        entries=entries,
        bytes=size,
    )


def reads_of(declared: Declaration) -> Iterable[str]:
    """Labels of models and their parts, with `#` where only the row of the URL is read."""
    for read in declared.reads:
        yield tracked_model(read).label + "#" * isinstance(read, Row)


def _clock(declared: Declaration) -> str:
    if declared.clock is None or isinstance(declared.clock, str):
        return declared.clock or ""
    return ", ".join(f"{bucket} with {name}" for name, bucket in declared.clock.items())


# --- Counters -----------------------------------------------------------------------------------
def read_counters() -> CacheCounters:
    """What all processes of the running installation have counted, or else this one alone."""
    folder = metrics_folder()
    if folder and any(folder.glob("*.db")):
        collected: Iterable[Metric] = MultiProcessCollector(None, path=str(folder)).collect()
        return _sorted(
            collected, f"all processes since manage.py serve started on port {settings.PORT}"
        )
    own = (
        metrics.requests,
        metrics.compute_seconds,
        metrics.invalidations,
        metrics.undeclared_reads,
        metrics.breaker_open,
    )
    found = _sorted((metric for one in own for metric in one.collect()), "this process alone")
    return found if found.requests.total() else CacheCounters(None)


def metrics_folder() -> Path | None:
    """Where the processes of `manage.py serve` count together; None where it has never run."""
    given = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    folder = Path(given) if given else settings.VAR_DIR / "metrics" / str(settings.PORT)
    return folder if folder.is_dir() else None


def _sorted(collected: Iterable[Metric], source: str) -> CacheCounters:
    found = CacheCounters(source)
    for sample in (sample for metric in collected for sample in metric.samples):
        labels, value = sample.labels, sample.value
        match sample.name:
            case "openrisk_cache_requests_total":
                found.requests[labels["view"], labels["layer"], labels["result"]] += int(value)
            case "openrisk_cache_compute_seconds_count":
                found.computes[labels["view"]] += int(value)
            case "openrisk_cache_compute_seconds_sum":
                found.seconds[labels["view"]] += value
            case "openrisk_cache_invalidations_total":
                found.invalidations[labels["model"]] += int(value)
            case "openrisk_cache_undeclared_reads_total":
                found.undeclared[labels["view"], labels["table"]] += int(value)
            case "openrisk_cache_breaker_state":
                found.breakers.append(bool(value))
    return found


# --- Tokens and store ---------------------------------------------------------------------------
def count_tag_versions() -> tuple[int, int]:
    """Tags that have a token, and the rows that these are made of."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(DISTINCT tag), count(*) FROM {tag_versions.TABLE}")
        return cursor.fetchone()


def store_state() -> StoreState:
    """Asks the shared store itself, whatever the breaker says."""
    backend = str(settings.CACHE_BACKEND)
    if shared_store() is None:
        what = "nothing is cached" if backend == "none" else "each process keeps its own entries"
        return StoreState(backend, None, f"no shared store: {what}")
    try:
        return _asked(backend)
    except Exception as error:  # noqa: BLE001  the boundary: any failure of any backend
        return StoreState(backend, False, f"not reachable: {' '.join(str(error).split())}")


def _asked(backend: str) -> StoreState:
    cache = caches[ALIAS]
    if backend != "redis":
        cache.get("probe")
        return StoreState(backend, True, "answers")
    client = cache.client.get_client()  # type: ignore[attr-defined]  # django-redis
    memory_used = client.info("memory")
    return StoreState(
        backend,
        True,
        "answers",
        keys=client.dbsize(),
        bytes=memory_used.get("used_memory"),
        most_bytes=memory_used.get("maxmemory") or None,
    )
