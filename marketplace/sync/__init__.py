"""Runs of apps, from the source to the register, and messages to them."""
