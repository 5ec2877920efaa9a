"""Invented risks that look like a register in use: `manage.py seed_demo`.

The first risks are `written`, each with a story of its own; more than those are load data, made of
them for many sites. Read `topics` and `word_lists` (data), `reference_data` (people, categories,
controls and assets of an organization), `written`; then of the load data `texts`, `lifecycles` (the
statuses that a risk passes) and `risk_builder` (the rows of one risk); then `timeline` (writes rows
as if they had been created over the past), `bulk_rows`, `scans`, and `seeding`, which runs it all.
"""
