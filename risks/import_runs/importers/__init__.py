"""Importers: one for each model that an import run can write; `base` says what they do."""
