"""Settings of the register: categories, tags, the matrix, and how long things are kept.

The other sections are in `openrisk.pages.settings`. Of the matrix, read `matrix_fields` (the fields
of its form, which the administration shares), `matrix_forms`, `matrix` (the views).
"""
