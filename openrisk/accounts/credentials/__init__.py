"""Credentials: passwords, sessions, API tokens, devices, and the limits on logins."""
