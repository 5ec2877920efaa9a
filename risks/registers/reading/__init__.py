"""Reading: from the bytes of a CSV or XLSX file to rows of text.

Read in this order: `text` (one cell), `sheet` (rows and limits), `csv`, `xlsx`.
"""
