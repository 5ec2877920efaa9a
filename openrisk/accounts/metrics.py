"""Metrics of logins."""

from prometheus_client import Counter

logins = Counter(
    "openrisk_logins_total",
    "Attempts to log in: done, refused (wrong), or limited (too many were wrong before)",
    ("outcome",),
)
for outcome in ("done", "refused", "limited"):
    logins.labels(outcome)
