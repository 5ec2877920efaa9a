"""Mitigations and their actions: `on_risk` (those on the page of a risk) and `forms`."""
