"""Settings of the register: categories, tags, and how long things are kept.

The other sections are in `openrisk.pages.settings`.
"""
