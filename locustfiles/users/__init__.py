"""Kinds of people, one a file."""

from locustfiles.users.analyst import Analyst
from locustfiles.users.integrator import Integrator
from locustfiles.users.manager import Manager
from locustfiles.users.visitor import Visitor
from locustfiles.users.writer import Writer

__all__ = ("Analyst", "Integrator", "Manager", "Visitor", "Writer")
