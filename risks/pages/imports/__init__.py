"""Imports in pages: `listing` uploads and lists, `file_run` is the page of one file's import.

Read in this order: `run_page` (the view model that runs of connectors share), `rows` (the preview),
`columns` and `reading` (how a file is read, and what a person chooses), `steps`.
"""
