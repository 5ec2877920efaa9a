"""Mapping: the field that each column means, and the value that each cell means.

Columns: `column_synonyms` (the names), `headers` (one name), `columns` (all of them).
Cells: `lexicon` (the words), `ratings`, `dates`, `values`. `interpreter` puts them together.
"""
