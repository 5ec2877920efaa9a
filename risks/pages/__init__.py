"""The register as pages for people. They write through the same services as the API.

`urls` has the addresses. Read `register` (the list of risks), `risk` (the page of one and its
forms), then `treatment` (mitigations and actions) and `queues` (what waits for a decision).
`listing` is one page of a list of rows, the base of all lists but that of risks; `list_files`
sends its rows as a file, and `reuse` keeps what was rendered for other members. `colours` writes
the colours of the matrix as a style sheet.
"""
