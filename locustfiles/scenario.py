"""What all scenarios share: their options, what happens before users start, and the results."""

import json
import math
import signal
import sys
from pathlib import Path
from typing import Any

import gevent
from locust import LoadTestShape, events
from prometheus_client import CollectorRegistry, start_http_server

from locustfiles.callers import Callers, Unusable, explore, read
from locustfiles.recording import Recorder
from locustfiles.users.caller import Caller

COMING = 3.0  # seconds until all users of a stage are there
UNUSABLE, WRONG = 1, 3  # exit codes: it did not run, it ran and an answer was wrong


class Shape(LoadTestShape):
    """So many shares of the users (`--users`), one after the other, each for as long as the rest.

    Users come within a few seconds: making them all at once keeps the generator from reading
    answers. The run time (`--run-time`) begins when the warm-up has ended.
    """

    abstract = True
    use_common_options = True
    shares: tuple[float, ...] = (1.0,)

    def tick(self) -> tuple[int, float] | None:
        runner: Any = self.runner
        options = runner.environment.parsed_options
        seconds = options.run_time or math.inf  # without one until somebody ends it
        elapsed = self.get_run_time() - options.warm_up
        if elapsed >= seconds:
            return None
        stage = int(max(0.0, elapsed) / seconds * len(self.shares))
        users = max(1, round(options.num_users * self.shares[stage]))
        return users, max(1.0, users / COMING)


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    add = parser.add_argument
    add("--callers", default="", metavar="FILE", help="who asks: see locustfiles/README.md")
    add("--rate", type=float, default=100.0, help="requests a second, of all users together")
    add("--writes", type=float, default=0.01, help="share of them that write")
    add("--workload", choices=("open", "closed"), default="open")
    add("--warm-up", type=float, default=5.0, metavar="SECONDS", help="not counted")
    add("--results", default="", metavar="FILE", help="what was measured, as JSON")
    add("--record", default="", metavar="FILE", help="what was asked, for wrk to ask it again")
    add("--metrics-port", type=int, default=0, env_var="LOCUST_METRICS_PORT")


@events.init.add_listener
def _prepare(environment: Any, **_: Any) -> None:
    options = environment.parsed_options
    try:
        organizations = read(options.callers)
        explore(environment.host or "", organizations)
        environment.recorder = recorder = Recorder(environment)
        if options.metrics_port:
            _serve_metrics(recorder, options.metrics_port)
    except Unusable as reason:
        sys.stderr.write(f"{reason}\n")
        sys.exit(UNUSABLE)
    Caller.callers = Callers(organizations)
    if options.headless:
        # A KeyboardInterrupt comes up in whichever greenlet runs, and is lost where all is caught.
        gevent.signal_handler(signal.SIGINT, environment.runner.quit)


def _serve_metrics(recorder: Recorder, port: int) -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(recorder)
    try:
        start_http_server(port, "127.0.0.1", registry)
    except OSError as error:
        raise Unusable(
            f"Port {port} is in use ({error.strerror}). Set LOCUST_METRICS_PORT to a free one."
        ) from None


@events.test_start.add_listener
def _warm_up(environment: Any, **_: Any) -> None:
    def reset() -> None:
        environment.stats.reset_all()
        environment.recorder.reset()

    gevent.spawn_later(environment.parsed_options.warm_up, reset)


@events.quitting.add_listener
def _judge(environment: Any, **_: Any) -> None:
    recorder = getattr(environment, "recorder", None)
    if recorder is None:
        return
    options = environment.parsed_options
    if options.results:
        Path(options.results).write_text(json.dumps(recorder.results(), indent=1) + "\n")
    if options.record:
        Path(options.record).write_text("".join(recorder.asked))
        rows = [
            f"GET\t{path}\tToken {one.tokens[0]}\t\n"
            for one in Caller.callers.organizations
            for path in one.rows()
        ]
        Path(f"{options.record}.rows").write_text("".join(rows))
    environment.process_exit_code = WRONG if recorder.bad else 0
