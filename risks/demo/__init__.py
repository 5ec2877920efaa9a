"""Invented risks that look like a register in use: `manage.py seed_demo`.

`words` and `topics` are pure data, `texts` makes sentences of them, `lives` decides what becomes of
a risk, `stories` turns that into rows, `timeline` writes them as if they had happened over the
past year, and `seeding` holds it together.
"""
