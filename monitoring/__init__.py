"""Metrics, health and alerts. Nothing is exported here yet."""
