"""Accounts under /api/v1/auth/, and authentication of API requests."""
