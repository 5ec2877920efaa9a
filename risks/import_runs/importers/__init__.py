"""Importers: how each model takes part in an import run."""
