"""Connectors that read lists which others keep: CVEs, risks in a spreadsheet, any JSON."""
