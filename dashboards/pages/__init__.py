"""Pages of figures under /o/<organization>/, each with a day on it.

Read `query` (the address of a page: scope and period, and figures cached for it), `captions` (one
sentence about each figure), `widgets` (the catalogue of what a page may show), then the pages:
`executive` (the overview), `analyst` (my work), `boards`, `pdf`, and `urls`.
"""
