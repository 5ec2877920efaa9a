"""Rates and values over time, in seconds."""

from tests.deployment.monitoring.rules import Rates

MINUTE, HOUR, DAY = 60, 3600, 86400


def held(value: float, seconds: float = 2 * HOUR) -> Rates:
    return [(value, seconds)]


def after(quiet: float, loud: float, *, since: float, until: float) -> Rates:
    """`quiet`, then `loud` between two moments, then `quiet` again."""
    return [(quiet, since), (loud, until - since), (quiet, HOUR)]
