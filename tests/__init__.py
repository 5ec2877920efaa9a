"""Tests mirror the packages: `tests/risks/test_services.py` tests `risks/services.py`."""
