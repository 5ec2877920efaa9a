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
        "Show what each cached view declares, how often it was a hit, and the state of tokens and "
        "shared store. Example: python manage.py cache_stats --format json"
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
                        "views": [_as_dict(view) for view in views],
                    }
                )
            )
            return
        self._write_state(counted, store)
        self.stdout.write(f"tokens       {tags} tags in {rows} rows\n")
        self._write_views(counted, views)

    def _write_state(self, counted: CacheCounters, store: StoreState) -> None:
        self.stdout.write(f"consistency  {settings.CACHE_CONSISTENCY}")
        keys = f", {store.keys} keys, {store.bytes} bytes" if store.keys is not None else ""
        self.stdout.write(f"store        {store.backend}: {store.detail}{keys}")
        breaker = "open in a process" if counted.breaker_open else "closed"
        self.stdout.write(f"breaker      {breaker if counted.source else 'nobody counted'}")

    def _write_views(self, counted: CacheCounters, views: list[ViewFigures]) -> None:
        if counted.source:
            self.stdout.write(f"Counted by {counted.source}:")
        else:
            self.stdout.write(NO_COUNTERS.format(port=settings.PORT))
        heads = ("hits", *HITS, "misses", "bypass", "compute")
        self.stdout.write(
            f"{'view':20}{'TTL':>6} " + "".join(f"{head:>9}" for head in heads) + "  reads"
        )
        for view in views:
            shares = [_percent(view.hit_rate), *(_percent(view.share(layer)) for layer in HITS)]
            cells = [*shares, str(view.misses), str(view.bypasses), _milliseconds(view)]
            self.stdout.write(
                f"{view.view:20}{view.ttl:>5.0f}s "
                + "".join(f"{cell:>9}" for cell in cells)
                + f"  {', '.join(view.reads)}; by {view.scope}"
                + (f"; clock: {view.clock}" if view.clock else "")
            )
        for view in views:
            for table, count in view.undeclared.items():
                self.stdout.write(f"{view.view} read {table}, undeclared: {count} not kept")


def _as_dict(view: ViewFigures) -> dict[str, Any]:
    # What this process keeps is of no interest: it ends with the command.
    shown = {key: value for key, value in asdict(view).items() if key not in ("entries", "bytes")}
    return {**shown, "lookups": view.lookups, "hit_rate": view.hit_rate}


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _milliseconds(view: ViewFigures) -> str:
    return "-" if view.compute_seconds is None else f"{view.compute_seconds * 1000:.1f}ms"
