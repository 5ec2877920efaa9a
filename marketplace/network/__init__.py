"""Requests to addresses that people configure, within limits.

Read `fetching`, then `addresses` (which may be reached), `deadlines` and `masks`.
"""
