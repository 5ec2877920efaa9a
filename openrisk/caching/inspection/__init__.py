"""Tools for people who operate the cache: explain, verify, measure and clear it."""
