"""Installed apps: their configuration, secrets, health and life cycle."""
