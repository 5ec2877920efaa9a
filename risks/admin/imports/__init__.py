"""Imports of registers in the admin; read `forms`, `runs`, then `sources`."""

from risks.admin.imports import runs, sources

__all__ = ("runs", "sources")
