"""Packs of content: read, verified, and carried out as import runs.

Read `schemas`, `manifest` with `versions`, `contents`, `archive`, `building`, then `to_records` and
`installation`.
"""
