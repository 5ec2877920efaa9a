"""The kinds of connectors: each is one module on a shelf that defines one `Connector`.

Read `base`, then `items`, which a connector yields. `parsing`, `format_hints` and `deduplication`
are what connectors share. Shelves: `scanners` (reports of tools), `feeds` (lists at an address),
`frameworks` (catalogues of controls), `messages` (events that are sent).
"""
