"""Connectors that send events: `webhook`, then `slack_webhook`, which takes its options."""
