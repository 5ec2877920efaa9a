"""Invented risks that look like a register in use: `manage.py seed_demo`.

Read in this order: `topics` and `word_lists` (data), `texts` (sentences made of it),
`reference_data` (people, categories, controls and assets of an organization), `lifecycles` (the
statuses that a risk passes), `risk_builder` (the rows of one risk), `timeline` (writes rows as if
they had been created over the past year), `bulk_rows`, `scans`, and `seeding`, which runs it all.
"""
