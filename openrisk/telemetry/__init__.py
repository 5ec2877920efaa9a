"""Logs, traces, request ids, and the files in which processes count."""
