"""OpenRisk: the project package. Composition root and infrastructure, no risk domain."""

__version__ = "0.1.0"
