"""What is unusual, by three bands."""

from collections.abc import Mapping

from tests.deployment.monitoring.cases.phases import DAY, HOUR, MINUTE
from tests.deployment.monitoring.rules import Case, Rates


def _requests(phases: Rates) -> dict[str, Rates]:
    halves = [(rate / 2, seconds) for rate, seconds in phases]
    return {
        f'openrisk_http_requests_total{{route="{name}",status="200"}}': halves
        for name in ("r", "s")
    }


def _durations(phases: Rates, rate: float = 10, faster: float = 1) -> Mapping[str, Rates]:
    """Of each request so many seconds; of requests a second, `faster` times as many at last."""
    name = "openrisk_http_request_duration_seconds"
    rates = [rate / 2] * (len(phases) - 1) + [faster * rate / 2]
    found = {}
    for route in ("r", "s"):
        found[f'{name}_count{{route="{route}"}}'] = [
            (rate, seconds) for rate, (_, seconds) in zip(rates, phases, strict=True)
        ]
        found[f'{name}_sum{{route="{route}"}}'] = [
            (mean * rate, seconds) for rate, (mean, seconds) in zip(rates, phases, strict=True)
        ]
    return found


def _unusual(alert: str, series, usual: float, floor: float) -> list[Case]:
    """`usual` is measured on a usual day, `floor` is beneath what is worth a word."""
    info = 'severity="info"'
    noisy = [(usual * (0.4 if step % 2 else 1.6), 5 * MINUTE) for step in range(24)]
    # Yesterday it was more at this time.
    yesterday = [(usual, 1.5 * HOUR), (2.2 * usual, 1.5 * HOUR), (usual, DAY - HOUR)]
    late = 2 * HOUR + 12 * MINUTE
    first = Case(
        alert,
        "for reading, when it is four times as much, until that is usual",
        {2 * HOUR: 0, 2 * HOUR + 4 * MINUTE: 0, 2 * HOUR + 10 * MINUTE: 1, 3 * HOUR: 0},
        counters=series([(usual, 2 * HOUR), (4 * usual, 2 * HOUR)]),
        labels=info,
    )
    others = {
        "not when it is less than half as much again": (
            {late: 0},
            [(usual, 2 * HOUR), (1.4 * usual, HOUR)],
        ),
        "when it is more": ({late: 1}, [(usual, 2 * HOUR), (2 * usual, HOUR)]),
        "not where it always goes up and down so much": ({late: 0}, [*noisy, (1.9 * usual, HOUR)]),
        "above three deviations": ({late: 1}, [*noisy, (2.5 * usual, HOUR)]),
        "not when it was as much yesterday at this time": (
            {DAY + late: 0},
            [*yesterday, (2.2 * usual, HOUR)],
        ),
        "when it was less": ({DAY + late: 1}, [*yesterday, (4.4 * usual, HOUR)]),
        "when that was usual long ago only": (
            {HOUR + 80 * MINUTE + 12 * MINUTE: 1},
            [(3 * usual, HOUR), (usual, 80 * MINUTE), (1.8 * usual, HOUR)],
        ),
        "not where the hour before was busier than its end": (
            {130 * MINUTE + 12 * MINUTE: 0},
            [(1.2 * usual, 100 * MINUTE), (usual, 30 * MINUTE), (1.6 * usual, HOUR)],
        ),
        "not where the hour before went down": (
            {127 * MINUTE + 12 * MINUTE: 0},
            [(1.6 * usual, 100 * MINUTE), (0.4 * usual, 27 * MINUTE), (2.5 * usual, HOUR)],
        ),
        "not in the first three quarters of an hour, when nothing is usual yet": (
            {42 * MINUTE: 0},
            [(usual, 30 * MINUTE), (4 * usual, HOUR)],
        ),
        "soon after them": ({51.5 * MINUTE: 1}, [(usual, 40 * MINUTE), (6 * usual, HOUR)]),
        "not where it is little anyway": ({late: 0}, [(floor / 8, 2 * HOUR), (0.8 * floor, HOUR)]),
        "where it is a little more": ({late: 1}, [(floor / 8, 2 * HOUR), (1.4 * floor, HOUR)]),
        "not without traffic": ({2 * HOUR: 0}, [(0, 3 * HOUR)]),
    }
    return [
        first,
        *(
            Case(alert, words, fires, counters=series(phases))
            for words, (fires, phases) in others.items()
        ),
    ]


CASES = [
    *_unusual("RequestRateAnomaly", _requests, usual=10, floor=1),
    *_unusual("RequestLatencyAnomaly", _durations, usual=0.1, floor=0.01),
    Case(
        "RequestLatencyAnomaly",
        "not when there are more requests, each as long as ever",
        {2 * HOUR + 6 * MINUTE: 0, 2 * HOUR + 8 * MINUTE: 0},
        counters=_durations([(0.1, 2 * HOUR), (0.1, HOUR)], faster=20),
    ),
    Case(
        "RequestLatencyAnomaly",
        "not for requests so few that a mean says nothing",
        {2 * HOUR + 12 * MINUTE: 0},
        counters=_durations([(0.1, 2 * HOUR), (0.4, HOUR)], rate=0.07),
    ),
    Case(
        "RequestLatencyAnomaly",
        "for a few more",
        {2 * HOUR + 12 * MINUTE: 1},
        counters=_durations([(0.1, 2 * HOUR), (0.4, HOUR)], rate=0.15),
    ),
]
