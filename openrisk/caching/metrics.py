"""The metrics of the cache. Labels are names in the code (views, models, tables), never input."""

from prometheus_client import Counter, Gauge, Histogram

LAYERS = ("front", "memory", "store", "view")
RESULTS = ("hit", "miss", "stale", "bypass")

requests = Counter(
    "openrisk_cache_requests_total",
    "Cached reads, by the layer that answered and how",
    ("view", "layer", "result"),
)
compute_seconds = Histogram(
    "openrisk_cache_compute_seconds",
    "Time to compute a response that was not cached",
    ("view",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
invalidations = Counter(
    "openrisk_cache_invalidations_total",
    "Committed changes of tracked models seen by signals",
    ("model",),
)
undeclared_reads = Counter(
    "openrisk_cache_undeclared_reads_total",
    "Responses not stored because they read what their view does not declare",
    ("view", "table"),
)
rejected_entries = Counter(
    "openrisk_cache_rejected_entries_total",
    "Values of the shared store that were not what was stored there",
    ("reason",),
)
for reason in ("foreign", "mac"):
    rejected_entries.labels(reason)  # starts at 0, so that the first one is a rise
breaker_open = Gauge(
    "openrisk_cache_breaker_state",
    "1 while the shared store is not asked because it failed, in any process",
    multiprocess_mode="livemax",
)
memory_bytes = Gauge(
    "openrisk_cache_memory_bytes",
    "Bytes of entries in the memory of all processes",
    multiprocess_mode="livesum",
)
memory_entries = Gauge(
    "openrisk_cache_memory_entries",
    "Entries in the memory of all processes",
    multiprocess_mode="livesum",
)


def declare_view(view: str) -> None:
    """Start every series of a view at 0, so that the first hit is a rise."""
    compute_seconds.labels(view)
    for layer in LAYERS:
        for result in RESULTS:
            requests.labels(view, layer, result)
