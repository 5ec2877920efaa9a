"""Tests mirror the packages: `tests/risks/services/test_links.py` tests `risks.services.links`."""
