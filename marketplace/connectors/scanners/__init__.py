"""Connectors that read reports on code, images and bills; `sarif_locations` is part of `sarif`."""
