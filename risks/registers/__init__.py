"""Registers as files: from a CSV or XLSX file to the records of an import run.

Read in this order: `options` (what the caller says about a file), `results` (the values passed
on), `reading` (bytes to rows of text), `mapping` (columns to fields, cells to values), `table` (one
header and the rows below it), `to_records`, and `upload`, which starts a run with the records. Only
the last two know the models and the database.
"""
