"""Figures, exports and boards under /api/v1/dashboards/."""
