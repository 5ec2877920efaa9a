"""Registers as files: from an upload to records. No database here."""
