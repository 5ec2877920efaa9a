"""The periods that figures are compared over: their names in the API, lengths and labels."""

PERIOD_DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
PERIOD_LABELS = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "365d": "a year"}
DEFAULT_PERIOD = "30d"
