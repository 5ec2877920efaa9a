"""Clients that are generated from docs/openapi.json read the API as it answers."""
