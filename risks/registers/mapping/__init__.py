"""Mapping: the field that each column means, and the value that each cell means.

Columns: `column_synonyms` (the names), `spelling` (their words), `headers` (one name),
`column_content` (the cells below it), `products` (files of known products), `columns` (all).
Cells: `lexicon` (the words), `ratings`, `dates`, `values`. `interpreter` puts them together.
"""
