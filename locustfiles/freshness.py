"""One in ten requests writes: readers meet what was written a moment ago, again and again."""

from typing import Any

from locust import events

from locustfiles.scenario import Shape
from locustfiles.users import Analyst, Integrator, Manager, Visitor, Writer

__all__ = ("Analyst", "Freshness", "Integrator", "Manager", "Visitor", "Writer")


@events.init_command_line_parser.add_listener
def _write_more(parser: Any) -> None:
    parser.set_defaults(writes=0.1)


class Freshness(Shape):
    pass
