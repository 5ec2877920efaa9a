"""The same working day, against a server without its cache (CACHE_BACKEND=none)."""

from locustfiles.scenario import Shape
from locustfiles.users import Analyst, Integrator, Manager, Visitor, Writer

__all__ = ("Analyst", "Baseline", "Integrator", "Manager", "Visitor", "Writer")


class Baseline(Shape):
    pass
