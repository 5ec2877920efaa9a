"""A working day that gets busier: a quarter of the users, then all of them."""

from locustfiles.scenario import Shape
from locustfiles.users import Analyst, Integrator, Manager, Visitor, Writer

__all__ = ("Analyst", "Integrator", "Manager", "PeakLoad", "Visitor", "Writer")


class PeakLoad(Shape):
    shares = (0.25, 1.0)
