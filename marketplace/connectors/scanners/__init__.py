"""Connectors that read reports of scanners; `sarif_locations` is a part of `sarif`."""
