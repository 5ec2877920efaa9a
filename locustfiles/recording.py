"""What a run has measured: by stage and request, what the cache did and how long answers took.

Percentiles of Locust's own statistics are rounded to a millisecond, too coarse for hits: here every
duration is kept with three digits.
"""

import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from locustfiles.judging import Foreign, Stale

EXAMPLES = 20  # of failures that are kept in words


@dataclass
class Figures:
    """Of one kind of request."""

    count: int = 0
    total_ms: float = 0.0
    errors: int = 0
    stale: int = 0
    foreign: int = 0
    cache: Counter[str] = field(default_factory=Counter)  # by X-Cache
    times: Counter[float] = field(default_factory=Counter)  # milliseconds, of three digits


@dataclass
class Stage:
    """Of one number of users."""

    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    requests: dict[tuple[str, str], Figures] = field(default_factory=dict)  # by method and name


def rounded(milliseconds: float) -> float:
    """With three digits."""
    if milliseconds <= 0:
        return 0.0
    return round(milliseconds, 2 - math.floor(math.log10(milliseconds)))


class Recorder:
    """Listens to Locust's events."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.stages: dict[int, Stage] = {}
        self.examples: list[str] = []
        self.asked: list[str] = []  # a line each: method, path, credential, body
        self.keeps_asked = bool(environment.parsed_options.record)
        self.reset()
        environment.events.request.add_listener(self.note)

    def reset(self) -> None:
        """What was until now does not count."""
        self.stages.clear()
        self.examples.clear()
        self.cpu_before, self.began = time.process_time(), time.monotonic()

    @property
    def users(self) -> int:
        return int(self.environment.runner.target_user_count) if self.environment.runner else 0

    def note(
        self,
        request_type: str,
        name: str,
        response_time: float,
        response: Any,
        exception: Any,
        context: dict[str, Any],
        **_: Any,
    ) -> None:
        """A request was answered; `context` holds what its caller says about it."""
        if self.keeps_asked:
            asked = (context[part] for part in ("path", "credential", "body"))
            self.asked.append("\t".join([request_type, *asked]) + "\n")
        stage = self.stages.get(self.users)
        if stage is None:
            stage = self.stages[self.users] = Stage()
        stage.seconds = time.monotonic() - stage.began
        figures = stage.requests.setdefault((request_type, name), Figures())
        figures.count += 1
        figures.total_ms += response_time
        figures.times[rounded(response_time)] += 1
        # Both are missing where no answer came; as a truth value an answer is its length.
        headers = getattr(response, "headers", None)
        result = None if headers is None else headers.get("X-Cache")
        figures.cache[result or "none"] += 1
        if exception:
            self._note_failure(figures, name, exception)

    def _note_failure(self, figures: Figures, name: str, exception: Any) -> None:
        figures.stale += isinstance(exception, Stale)
        figures.foreign += isinstance(exception, Foreign)
        figures.errors += not isinstance(exception, Stale | Foreign)
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{name}: {type(exception).__name__} {exception}"[:300])

    @property
    def bad(self) -> int:
        """Answers that were not what they must be."""
        return sum(
            figures.errors + figures.stale + figures.foreign
            for stage in self.stages.values()
            for figures in stage.requests.values()
        )

    def results(self) -> dict[str, Any]:
        elapsed = time.monotonic() - self.began
        return {
            "generator_cpu": (time.process_time() - self.cpu_before) / elapsed,  # of one core
            "examples": self.examples,
            "stages": [
                {
                    "users": users,
                    "seconds": stage.seconds,
                    "requests": [
                        {"method": method, "name": name, **vars(figures)}
                        for (method, name), figures in sorted(stage.requests.items())
                    ],
                }
                for users, stage in sorted(self.stages.items())
            ],
        }

    def collect(self) -> Iterator[Metric]:
        """For Prometheus: Locust's own statistics, since the last reset."""
        total = self.environment.stats.total
        yield GaugeMetricFamily("locust_users", "Users that ask", self.users)
        yield GaugeMetricFamily(
            "locust_requests_per_second", "Over the last ten seconds", total.current_rps
        )
        for name, words, attribute in (
            ("locust_requests", "Requests that were answered", "num_requests"),
            ("locust_failures", "Answers that were wrong or did not come", "num_failures"),
        ):
            counted = CounterMetricFamily(name, words, labels=("method", "name"))
            for entry in list(self.environment.stats.entries.values()):
                counted.add_metric((entry.method, entry.name), getattr(entry, attribute))
            yield counted
        times = GaugeMetricFamily(
            "locust_response_time_seconds",
            "Percentiles of the last ten seconds",
            labels=("quantile",),
        )
        for quantile in (0.5, 0.95, 0.99):
            milliseconds = total.get_current_response_time_percentile(quantile) or 0
            times.add_metric((str(quantile),), milliseconds / 1000)
        yield times
