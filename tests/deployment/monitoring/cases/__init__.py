"""For each alert: it fires, it resolves, it is quiet beneath its threshold and without traffic."""

from tests.deployment.monitoring.cases import (
    anomalies,
    cache,
    database,
    meta,
    objectives,
    redis,
    work,
)

CASES = [
    case
    for part in (cache, redis, database, work, objectives, anomalies, meta)
    for case in part.CASES
]
