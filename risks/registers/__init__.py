"""Registers as files: from a CSV or XLSX file to the records of an import run.

Read in this order: `options` (what the caller says about a file), `results` (the values passed
on), `reading` (bytes to rows of text), `layout` (where the table is), `mapping` (columns to fields,
cells to values), `table` (one header and the rows below it), `folding` (the rows of one risk),
`to_records`, `learned` (how earlier files of the source were read), `continuation` (which source a
file belongs to, with `file_names`), `upload`, which starts a run with the records, and `annotated`
(the file with marks). Only the last five know the database. `statements` reads the statuses of
controls from a table.
"""
