"""A working day for long: what grows, shows."""

from locustfiles.scenario import Shape
from locustfiles.users import Analyst, Integrator, Manager, Visitor, Writer

__all__ = ("Analyst", "Integrator", "Manager", "Soak", "Visitor", "Writer")


class Soak(Shape):
    pass
