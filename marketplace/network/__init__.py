"""Requests to addresses that people type in, within limits."""
