"""Redis: its memory, and whether it is there."""

from tests.deployment.monitoring.cases.phases import HOUR, MINUTE, after, held
from tests.deployment.monitoring.rules import Case, Rates

INSTANCE = 'job="redis",instance="r:9121"'


def _memory(share: Rates, limit: float = 1000) -> dict[str, Rates]:
    return {
        f"redis_memory_used_bytes{{{INSTANCE}}}": share,
        f"redis_memory_max_bytes{{{INSTANCE}}}": held(limit),
    }


CASES = [
    Case(
        "HighRedisMemory",
        "critical above 85 % for five minutes, until there is room",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges=_memory(after(400, 900, since=10 * MINUTE, until=30 * MINUTE)),
        labels='severity="critical"',
    ),
    Case("HighRedisMemory", "at 86 %", {10 * MINUTE: 1}, gauges=_memory(held(860))),
    Case("HighRedisMemory", "not at 84 %", {HOUR: 0}, gauges=_memory(held(840))),
    Case("HighRedisMemory", "not without a limit", {HOUR: 0}, gauges=_memory(held(900), 0)),
    Case("HighRedisMemory", "with a small limit", {HOUR: 1}, gauges=_memory(held(0.95), 1)),
    Case("HighRedisMemory", "not without metrics", {HOUR: 0}),
    Case(
        "RedisMaxMemoryUnset",
        "where there is no limit, after five minutes",
        {4.5 * MINUTE: 0, 5.5 * MINUTE: 1},
        gauges=_memory(held(900), 0),
        labels='severity="warning"',
    ),
    Case(
        "RedisMaxMemoryUnset",
        "until there is one",
        {10 * MINUTE: 1, 31 * MINUTE: 0},
        gauges={
            f"redis_memory_max_bytes{{{INSTANCE}}}": [(0, 30 * MINUTE), (1000, HOUR)],
        },
    ),
    Case(
        "RedisDown",
        "critical after a minute, until it answers",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={f"redis_up{{{INSTANCE}}}": after(1, 0, since=10 * MINUTE, until=20 * MINUTE)},
        labels='severity="critical"',
    ),
]
