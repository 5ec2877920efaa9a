"""How each scenario is run; what its users do is in locustfiles/."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """`seconds` of the measurement; `workload` as in locustfiles/pace.py."""

    users: int
    seconds: float
    workload: str = "open"
    cached: bool = True
    # Of what wrk gets with 1 % writes, at which latencies are measured. A request costs three times
    # as much where one in ten writes, so that a fifth leaves the processors as busy as 60 % do.
    share: float = 0.6
    alike: bool = False  # compared with the same users at the same pace, without the cache
    fills: bool = False  # the caches, at the end
    unpooled: bool = False  # compared with a server that keeps no connections


SCENARIOS = {
    "baseline": Scenario(users=50, seconds=60, cached=False),
    "warm_cache": Scenario(users=50, seconds=60, alike=True, fills=True),
    "peak_load": Scenario(users=200, seconds=90, workload="closed", unpooled=True),
    "freshness": Scenario(users=50, seconds=90, share=0.2),
    "soak": Scenario(users=50, seconds=1800, alike=True, fills=True),
}
