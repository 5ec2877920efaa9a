"""Statistics for operators: what cached views declare, how often they hit, the shared store."""

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
    """The counters of the cache; `source` says of which processes, None if there are none."""

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
    """One cached view. Hits by layer and misses count answers; bypasses are not in the rate."""

    view: str
    ttl: float
    reads: tuple[str, ...]
    scope: str
    clock: str
    hits: dict[str, int]
    misses: int
    bypasses: int
    compute_seconds: float | None
    undeclared: dict[str, int]  # by table: reasons why responses were not stored
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
    """The shared store; `reachable` is None if there is none."""

    backend: str
    reachable: bool | None
    detail: str
    keys: int | None = None
    bytes: int | None = None
    most_bytes: int | None = None


# --- Views --------------------------------------------------------------------------------------
def view_figures(counters: CacheCounters) -> list[ViewFigures]:
    """Every declared view, by name, and the other names that are counted: values of pages."""
    get_resolver().url_patterns  # noqa: B018  imports the views, which declare themselves
    entries: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for entry in local_entries.values():
        entries[entry.view] += 1
        sizes[entry.view] += entry.size
    # get_or_compute() declares its reads call by call.
    undeclared = {view for view, _, _ in counters.requests} - declarations.keys()
    values = {name: Declaration(name, 0, (), per_organization, None) for name in undeclared}
    return [
        figures_of(declaration, counters, entries[name], sizes[name])
        for name, declaration in sorted((declarations | values).items())
    ]


def figures_of(
    declaration: Declaration, counters: CacheCounters, entries: int, size: int
) -> ViewFigures:
    view, requests = declaration.view, counters.requests
    computes, clock = counters.computes[view], declaration.clock or ""
    if not isinstance(clock, str):
        clock = ", ".join(f"{bucket} with {name}" for name, bucket in clock.items())
    return ViewFigures(
        view=view,
        ttl=declaration.ttl,
        reads=tuple(read_labels(declaration)),
        scope="organization" if declaration.scope is per_organization else "user",
        clock=clock,
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


def read_labels(declaration: Declaration) -> Iterable[str]:
    """Labels of models and column groups, with `#` if only the row of the URL is read."""
    for read in declaration.reads:
        yield tracked_model(read).label + "#" * isinstance(read, Row)


# --- Counters -----------------------------------------------------------------------------------
def read_counters() -> CacheCounters:
    """The counters of all processes of the running installation, else those of this process."""
    folder = metrics_folder()
    if folder and any(folder.glob("*.db")):
        collected: Iterable[Metric] = MultiProcessCollector(None, path=str(folder)).collect()
        return sum_samples(
            collected, f"all processes since manage.py serve started on port {settings.PORT}"
        )
    own_metrics = (
        metrics.requests,
        metrics.compute_seconds,
        metrics.invalidations,
        metrics.undeclared_reads,
        metrics.breaker_open,
    )
    collected = (sample for metric in own_metrics for sample in metric.collect())
    counters = sum_samples(collected, "this process alone")
    return counters if counters.requests.total() else CacheCounters(None)


def metrics_folder() -> Path | None:
    """The folder in which the processes of `manage.py serve` count; None if it never ran."""
    configured = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    default = settings.VAR_DIR / "metrics" / str(settings.PORT)
    folder = Path(configured) if configured else default
    return folder if folder.is_dir() else None


def sum_samples(collected: Iterable[Metric], source: str) -> CacheCounters:
    counters = CacheCounters(source)
    for sample in (sample for metric in collected for sample in metric.samples):
        labels, value = sample.labels, sample.value
        match sample.name:
            case "openrisk_cache_requests_total":
                key = labels["view"], labels["layer"], labels["result"]
                counters.requests[key] += int(value)
            case "openrisk_cache_compute_seconds_count":
                counters.computes[labels["view"]] += int(value)
            case "openrisk_cache_compute_seconds_sum":
                counters.seconds[labels["view"]] += value
            case "openrisk_cache_invalidations_total":
                counters.invalidations[labels["model"]] += int(value)
            case "openrisk_cache_undeclared_reads_total":
                counters.undeclared[labels["view"], labels["table"]] += int(value)
            case "openrisk_cache_breaker_state":
                counters.breakers.append(bool(value))
    return counters


# --- Versions and store -------------------------------------------------------------------------
def count_tag_versions() -> tuple[int, int]:
    """Tags that have a version, and the rows that these are made of."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(DISTINCT tag), count(*) FROM {tag_versions.TABLE}")
        return cursor.fetchone()


def store_state() -> StoreState:
    """Ask the shared store itself, even while the breaker is open."""
    backend = str(settings.CACHE_BACKEND)
    if shared_store() is None:
        reason = "nothing is cached" if backend == "none" else "each process keeps its own entries"
        return StoreState(backend, None, f"no shared store: {reason}")
    try:
        cache = caches[ALIAS]
        if backend != "redis":
            cache.get("probe")
            return StoreState(backend, True, "answers")
        client = cache.client.get_client()  # type: ignore[attr-defined]  # django-redis
        memory = client.info("memory")
        return StoreState(
            backend,
            True,
            "answers",
            keys=client.dbsize(),
            bytes=memory.get("used_memory"),
            most_bytes=memory.get("maxmemory") or None,
        )
    except Exception as error:  # noqa: BLE001  the boundary: any failure of any backend
        return StoreState(backend, False, f"not reachable: {' '.join(str(error).split())}")
