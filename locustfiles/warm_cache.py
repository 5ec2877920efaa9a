"""A working day at a steady rate, against a server with its cache."""

from locustfiles.scenario import Shape
from locustfiles.users import Analyst, Integrator, Manager, Visitor, Writer

__all__ = ("Analyst", "Integrator", "Manager", "Visitor", "WarmCache", "Writer")


class WarmCache(Shape):
    pass
