"""Reading: from the bytes of a CSV or XLSX file to a table of text."""
