"""Connectors that read reports of scanners of hosts and sites."""
