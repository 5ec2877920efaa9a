"""The burn rates of two objectives over four windows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.deployment.monitoring.cases.phases import DAY, HOUR, MINUTE, held
from tests.deployment.monitoring.rules import Case, Rates


@dataclass(frozen=True)
class Window:
    """Seconds; `factor` is how much faster than it may the budget is used up."""

    name: str
    long: int
    short: int
    factor: float
    pending: int
    severity: str

    def case(self, alert: str, words: str, fires: Mapping[float, int], counters) -> Case:
        return Case(
            alert,
            f"over {self.name}: {words}",
            fires,
            counters=counters,
            labels=f'severity="{self.severity}"',
            window=self.name,
            interval=self.short // 20,
        )


WINDOWS = (
    Window("1h", HOUR, 5 * MINUTE, 14.4, 2 * MINUTE, "critical"),
    Window("6h", 6 * HOUR, 30 * MINUTE, 6, 15 * MINUTE, "critical"),
    Window("1d", DAY, 2 * HOUR, 3, HOUR, "warning"),
    Window("3d", 3 * DAY, 6 * HOUR, 1, 3 * HOUR, "warning"),
)


def _shared(total: Rates, bad: Rates, *, good: bool) -> Rates:
    """The half of it that each of two instances has: those that are good, or those that are not."""
    return [
        (rate / 2 * (1 - share if good else share), seconds)
        for (rate, seconds), (share, _) in zip(total, bad, strict=True)
    ]


def _failing(total: Rates, bad: Rates) -> dict[str, Rates]:
    return {
        f'openrisk_http_requests_total{{instance="{name}",status="{status}"}}': _shared(
            total, bad, good=status == "200"
        )
        for name in ("o", "q")
        for status in ("200", "503")
    }


def _slow(total: Rates, bad: Rates) -> dict[str, Rates]:
    metric = "openrisk_http_request_duration_seconds"
    none = [(0.0, seconds) for _, seconds in bad]
    found = {}
    for name in ("o", "q"):
        labels = f'instance="{name}"'
        found[f"{metric}_count{{{labels}}}"] = _shared(total, none, good=True)
        found[f'{metric}_bucket{{{labels},le="0.25"}}'] = _shared(total, bad, good=True)
        found[f'{metric}_bucket{{{labels},le="0.1"}}'] = _shared(total, none, good=False)
        found[f'{metric}_bucket{{{labels},le="0.5"}}'] = _shared(total, none, good=True)
    return found


def _burning(alert: str, budget: float, series) -> list[Case]:
    return [
        case
        for window in WINDOWS
        for case in (
            _burst(alert, window, budget, series),
            *_traffic(alert, window, series),
            *_late(alert, window, budget, series),
        )
    ]


def _burst(alert: str, window: Window, budget: float, series) -> Case:
    """The thresholds of both windows, and `for`."""
    long, short, pending = window.long, window.short, window.pending
    threshold = window.factor * budget
    share = min(1.0, 5 * threshold)
    reached = long * threshold / share  # seconds until the long window is above it
    bad = 2 * reached + 2 * pending
    ended = 2 * long + bad
    left = threshold / share  # of the short window when it falls beneath the threshold
    phases = [(0.0, 2 * long), (share, bad), (0.0, 2 * short)]
    return window.case(
        alert,
        "when the long window is above, until the short one is beneath",
        {
            2 * long: 0,
            2 * long + 0.75 * reached + pending: 0,
            2 * long + reached + 0.7 * pending: 0,
            2 * long + reached + 1.6 * pending: 1,
            2 * long + 1.5 * reached + pending: 1,
            **({ended + short * (1 - 1.5 * left): 1} if left < 0.5 else {}),
            ended + short * (1 - 0.75 * left): 0,
        },
        series([(10, seconds) for _, seconds in phases], phases),
    )


def _traffic(alert: str, window: Window, series) -> Iterator[Case]:
    """All fail: only the traffic is too little, or enough."""
    long, short = window.long, window.short
    for words, before, lately, at, count in (
        ("enough traffic", 0.15, 0.15, long + 0.8 * short, 1),
        ("too little traffic", 0.07, 0.07, long + 0.8 * short, 0),
        ("too little in the long window", 0.07, 0.25, long + 0.8 * short, 0),
        ("too little in the short window", 1.0, 0.07, long + 1.2 * short, 0),
    ):
        requests = [(before, long), (lately, 2 * short)]
        failing = [(1.0, long), (1.0, 2 * short)]
        yield window.case(alert, words, {at: count}, series(requests, failing))


def _vanished(window: Window) -> Case:
    """What failed was restarted, and its failures are no series any more: nothing fails now."""
    failed, since = 1.5 * window.long, 1.5 * window.short
    return window.case(
        "AvailabilityBudgetBurn",
        "until what failed is gone",
        {failed: 1, failed + since: 0},
        {
            'openrisk_http_requests_total{status="200"}': [(1, failed + 2 * since)],
            'openrisk_http_requests_total{status="500"}': [(1, failed), (None, 2 * since)],
        },
    )


def _late(alert: str, window: Window, budget: float, series) -> list[Case]:
    """Shares are of requests, not of time: most of them come in the last third of a window."""
    long, short = window.long, window.short
    threshold = window.factor * budget
    above, beneath, most = 1.18 * threshold, 0.8 * threshold, min(1.0, 1.25 * threshold)
    late = 0.3 * long
    return [
        window.case(
            alert,
            "above it when most requests came lately",
            {2 * long: 1},
            series(
                [(1, 2 * long - late), (10, late + short)],
                [(above, 2 * long - late), (above, late + short)],
            ),
        ),
        window.case(
            alert,
            "beneath it when most requests came lately",
            {2 * long + 0.9 * short: 0},
            series(
                [(1, 2 * long - late), (10, late), (10, short)],
                [(beneath, 2 * long - late), (beneath, late), (most, short)],
            ),
        ),
        window.case(
            alert,
            "above it when most requests came in the last minutes",
            {2 * long + 0.3 * short: 1},
            series([(1, 2 * long), (10, short)], [(above, 2 * long), (above, short)]),
        ),
        window.case(
            alert,
            "beneath it in the short window, when most requests came then",
            {2 * long + 0.75 * short: 0},
            series(
                [(1, 2 * long - short), (1, short), (10, short)],
                [(most, 2 * long - short), (beneath, short), (beneath, short)],
            ),
        ),
    ]


CASES = [
    *(
        Case(
            "AvailabilityBudgetBurn",
            f"over {window.name}: not where nothing has ever failed",
            {2 * window.long: 0},
            counters={'openrisk_http_requests_total{status="200"}': held(1, 3 * window.long)},
            window=window.name,
            interval=window.short // 20,
        )
        for window in WINDOWS
    ),
    *map(_vanished, WINDOWS),
    *_burning("AvailabilityBudgetBurn", 0.001, _failing),
    *_burning("LatencyBudgetBurn", 0.05, _slow),
]
