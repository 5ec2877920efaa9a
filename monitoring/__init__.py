"""Monitoring for operators: probes, metrics, and the inbox of alerts.

Read `models` and `alerts` (alerts are received by `api.views.AlertViewSet.create` and stored by
`alerts.receive_alerts`), then `health`, `metrics`, `api`, and `pages`.
"""
