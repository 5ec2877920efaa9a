"""Metrics for Prometheus, served by a process of their own at METRICS_PORT.

Read `request_metrics` (requests, counted by the processes that answer them) and `access_log`,
`middleware` and `model_metrics` (what django-prometheus counts), `database_metrics` (read from the
database when Prometheus comes), and `exporter` (the page of all of them).
"""
