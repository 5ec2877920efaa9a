"""Logs, traces, request ids, and the files in which processes count.

Read in this order: `request_ids`, `logs`, `tracing`, `metric_slots`, `metric_files`.
"""
