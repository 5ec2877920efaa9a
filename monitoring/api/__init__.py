"""Alerts under /api/v1/monitoring/alerts/, and /health/detail.

Read `authentication` (Alertmanager by its token, superusers), `serializers` (Alertmanager's
message, and alerts), `views`, `filters`, `urls`.
"""
