"""Connectors that read reports of scanners of hosts and sites.

Of `nessus` and `openvas`, `..._results` makes the findings, and `..._csv` reads the format CSV.
"""
