"""Metrics of requests, models, the database and background work."""
