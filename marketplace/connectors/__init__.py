"""The kinds of connectors: each is one module on a shelf that defines one `Connector`.

Read `base`, then `items`, which a connector yields. `parsing`, `csv_rows`, `artifacts`,
`format_hints` and `deduplication` are what connectors share. Shelves: `scanners` (reports on code
and images), `networks` (on hosts and sites), `platforms` (for code), `feeds` (lists at an address),
`frameworks` (catalogues of controls), `messages` (events that are sent).
"""
