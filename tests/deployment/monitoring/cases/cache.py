"""Hits and misses, the breaker, what is undeclared or rejected."""

from tests.deployment.monitoring.cases.phases import HOUR, MINUTE, after, held
from tests.deployment.monitoring.rules import Case, Rates


def _hits(ratio: float, rate: float, phases: bool = False) -> dict[str, Rates]:
    def of(share: float, others: float) -> Rates:
        if not phases:
            return held(share * rate)
        return [(others * rate, 10 * MINUTE), (share * rate, 20 * MINUTE), (others * rate, HOUR)]

    labels = 'job="openrisk",instance="o:9464",view="risks-list"'
    return {
        f'openrisk_cache_requests_total{{{labels},layer="front",result="hit"}}': of(
            0.5 * ratio, 0.45
        ),
        f'openrisk_cache_requests_total{{{labels},layer="store",result="hit"}}': of(
            0.5 * ratio, 0.45
        ),
        f'openrisk_cache_requests_total{{{labels},layer="view",result="miss"}}': of(
            0.9 * (1 - ratio), 0.09
        ),
        f'openrisk_cache_requests_total{{{labels},layer="view",result="stale"}}': of(
            0.1 * (1 - ratio), 0.01
        ),
        # Outside of the rate.
        f'openrisk_cache_requests_total{{{labels},layer="view",result="bypass"}}': held(3 * rate),
    }


CASES = [
    Case(
        "LowCacheHitRate",
        "a warning below 75 %, until it is better",
        {10 * MINUTE: 0, 14 * MINUTE: 0, 25 * MINUTE: 1, 40 * MINUTE: 0},
        counters=_hits(0.5, 4, phases=True),
        labels='severity="warning"',
    ),
    Case("LowCacheHitRate", "at 74 %", {8 * MINUTE: 1}, counters=_hits(0.74, 4)),
    Case("LowCacheHitRate", "not at 76 %", {30 * MINUTE: 0}, counters=_hits(0.76, 4)),
    Case(
        "LowCacheHitRate",
        "not when ever more is asked, eight in ten times of the cache",
        {20 * MINUTE: 0},
        counters={
            f'openrisk_cache_requests_total{{layer="front",result="{result}"}}': [
                (share * 2**step, 2.5 * MINUTE) for step in range(8)
            ]
            for result, share in (("hit", 8), ("miss", 2))
        },
    ),
    Case("LowCacheHitRate", "above one lookup a second", {30 * MINUTE: 1}, counters=_hits(0, 1.2)),
    Case("LowCacheHitRate", "not on an idle night", {30 * MINUTE: 0}, counters=_hits(0, 0.9)),
    Case("LowCacheHitRate", "not without any lookups", {30 * MINUTE: 0}, counters=_hits(0, 0)),
    Case("LowCacheHitRate", "not without metrics", {30 * MINUTE: 0}),
    Case(
        "LowCacheHitRate",
        "after five minutes, which a dip of the rate over five minutes is given",
        # Hits stop at 10 min: the rate over five minutes is below 75 % from 11:10 on.
        {15 * MINUTE: 0, 15.75 * MINUTE: 0, 17 * MINUTE: 1},
        counters=_hits(0.0, 4, phases=True),
    ),
    Case(
        "CacheBreakerOpen",
        "after a minute, once an instance, until it is closed",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={
            'openrisk_cache_breaker_state{job="openrisk",instance="o:9464",pid="1"}': after(
                0, 1, since=10 * MINUTE, until=20 * MINUTE
            ),
            'openrisk_cache_breaker_state{job="openrisk",instance="o:9464",pid="2"}': after(
                0, 1, since=10 * MINUTE, until=20 * MINUTE
            ),
            'openrisk_cache_breaker_state{job="openrisk",instance="q:9464",pid="1"}': held(0),
        },
        labels='severity="warning",instance="o:9464"',
    ),
    Case(
        "CacheBreakerOpen",
        "when one process of two has given up",
        {5 * MINUTE: 1},
        gauges={
            'openrisk_cache_breaker_state{job="openrisk",instance="o:9464",pid="1"}': held(0),
            'openrisk_cache_breaker_state{job="openrisk",instance="o:9464",pid="2"}': held(1),
        },
    ),
    Case(
        "CacheUndeclaredReads",
        "at the first one, which no rate shows, and for a quarter of an hour",
        {9 * MINUTE: 0, 11 * MINUTE: 1, 24 * MINUTE: 1, 40 * MINUTE: 0},
        gauges={
            'openrisk_cache_undeclared_reads_total{view="v",table="t",instance="o"}': [
                (None, 10 * MINUTE),
                (1, HOUR),
            ]
        },
        labels='severity="warning",view="v",table="t"',
    ),
    Case(
        "CacheUndeclaredReads",
        "when it goes on, once for each view and table",
        {HOUR: 2},
        counters={
            f'openrisk_cache_undeclared_reads_total{{view="{view}",table="t",i="{i}"}}': held(0.1)
            for view in ("v", "w")
            for i in ("o", "q")
        },
    ),
    Case(
        "CacheUndeclaredReads",
        "not where nothing is added",
        {HOUR: 0},
        gauges={'openrisk_cache_undeclared_reads_total{view="v",table="t"}': held(7)},
    ),
    Case(
        "CacheUndeclaredReads",
        "not where a process begins to count at nothing",
        {11 * MINUTE: 0},
        gauges={
            'openrisk_cache_undeclared_reads_total{view="v",table="t"}': [
                (None, 10 * MINUTE),
                (0, HOUR),
            ]
        },
    ),
    Case(
        "CacheUndeclaredReads",
        "for a quarter of an hour after the last, where there had been some before",
        {29 * MINUTE: 0, 31 * MINUTE: 1, 40 * MINUTE: 1, 50 * MINUTE: 0},
        gauges={
            'openrisk_cache_undeclared_reads_total{view="v",table="t"}': [
                (3, 30 * MINUTE),
                (4, HOUR),
            ]
        },
    ),
    Case(
        "CacheUndeclaredReads",
        "when it rises slowly",
        {HOUR: 1},
        counters={'openrisk_cache_undeclared_reads_total{view="v",table="t"}': held(0.002)},
    ),
    Case(
        "CacheRejectedEntries",
        "at once, for each reason, and for a quarter of an hour",
        {9 * MINUTE: 0, 10.75 * MINUTE: 1, 24 * MINUTE: 1, 26 * MINUTE: 0},
        counters={
            'openrisk_cache_rejected_entries_total{reason="mac",instance="o"}': after(
                0, 0.1, since=10 * MINUTE, until=10.5 * MINUTE
            ),
            'openrisk_cache_rejected_entries_total{reason="foreign",instance="o"}': held(0),
        },
        labels='severity="warning",reason="mac"',
    ),
    Case(
        "CacheRejectedEntries",
        "once for a reason, whatever the number of instances",
        {30 * MINUTE: 1},
        counters={
            f'openrisk_cache_rejected_entries_total{{reason="mac",instance="{name}"}}': held(1)
            for name in ("o", "q")
        },
    ),
]
