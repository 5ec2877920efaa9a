"""Freshness: which data an entry depends on, and whether that data has changed since."""
