"""Alerts and health in detail under /api/v1/monitoring/."""
