"""Connectors and content packs. Nothing is installed here yet."""
