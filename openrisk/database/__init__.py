"""Additions to Django's database layer.

Read in this order: `profiles` (how many connections), `addresses` (DATABASE_URL), `checks`,
`metrics`, `clock`, `locks`, `statements`, `ids`, `triggers`, `sqlite3` (a backend).
"""
