"""Measurements without a verdict: several nodes behind a proxy, and a profile of requests."""
