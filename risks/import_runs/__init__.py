"""Import runs: records of a source are planned, previewed, applied, and undone.

Read in this order: `changes` (the values), `context`, `importers.base`, `plan`, `lifecycle`,
`undo`, `summary`. Nothing here knows file formats. `docs/import-runs.md` tells more.
"""
