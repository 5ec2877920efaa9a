"""Cause a fault in the local stack and time its alert: `python -m deployment.local.drill FAULT`."""
