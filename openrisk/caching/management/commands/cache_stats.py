from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from openrisk.caching.inspection import statistics
from openrisk.caching.inspection.statistics import HITS, CacheCounters, StoreState, ViewFigures
from openrisk.caching.management.arguments import add_format, as_json

NO_COUNTERS = (
    "No counters: `manage.py serve` has counted nothing on this machine for port {port} yet. "
    "Set PORT and VAR_DIR as it has them."
)


class Command(BaseCommand):
    help = (
        "Show what each cached view declares, how often it was a hit, and the state of the tag "
        "versions and the shared store. Example: python manage.py cache_stats --format json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        counted = statistics.read_counters()
        views = statistics.view_figures(counted)
        tags, rows = statistics.count_tag_versions()
        store = statistics.store_state()
        if options["format"] == "json":
            self.stdout.write(
                as_json(
                    {
                        "consistency": settings.CACHE_CONSISTENCY,
                        "store": asdict(store),
                        "breaker_open": counted.breaker_open if counted.source else None,
                        "tokens": {"tags": tags, "rows": rows},
                        "counted": counted.source,
                        "views": [view_as_dict(view) for view in views],
                    }
                )
            )
            return
        self.write_state(counted, store)
        self.stdout.write(f"versions     {tags} tags in {rows} rows\n")
        self.write_views(counted, views)

    def write_state(self, counted: CacheCounters, store: StoreState) -> None:
        self.stdout.write(f"consistency  {settings.CACHE_CONSISTENCY}")
        keys = f", {store.keys} keys, {store.bytes} bytes" if store.keys is not None else ""
        self.stdout.write(f"store        {store.backend}: {store.detail}{keys}")
        breaker = "open in a process" if counted.breaker_open else "closed"
        self.stdout.write(f"breaker      {breaker if counted.source else 'not counted'}")

    def write_views(self, counted: CacheCounters, views: list[ViewFigures]) -> None:
        if counted.source:
            self.stdout.write(f"Counted by {counted.source}:")
        else:
            self.stdout.write(NO_COUNTERS.format(port=settings.PORT))
        heads = ("hits", *HITS, "misses", "bypass", "compute")
        self.stdout.write(
            f"{'view':20}{'TTL':>6} " + "".join(f"{head:>9}" for head in heads) + "  reads"
        )
        for view in views:
            shares = [view.hit_rate, *(view.share(layer) for layer in HITS)]
            seconds = view.compute_seconds
            compute = "-" if seconds is None else f"{seconds * 1000:.1f}ms"
            cells = [*map(format_percent, shares), str(view.misses), str(view.bypasses), compute]
            self.stdout.write(
                f"{view.view:20}{view.ttl:>5.0f}s "
                + "".join(f"{cell:>9}" for cell in cells)
                + f"  {', '.join(view.reads)}; by {view.scope}"
                + (f"; clock: {view.clock}" if view.clock else "")
            )
        for view in views:
            for table, count in view.undeclared.items():
                self.stdout.write(f"{view.view} read {table}, undeclared: {count} not stored")


def view_as_dict(view: ViewFigures) -> dict[str, Any]:
    columns = asdict(view)
    del columns["entries"], columns["bytes"]  # those of this process end with the command
    return columns | {"lookups": view.lookups, "hit_rate": view.hit_rate}


def format_percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
