"""Formats of dates by language, for pages and administration alike (FORMAT_MODULE_PATH)."""
