"""The register as pages for people. They write through the same services as the API.

`urls` has the addresses. Read `register` (the list of risks), `risk` (the page of one and its
forms), then `treatment` (mitigations and actions) and `queues` (what waits for a decision).
`colours` writes the colours of the matrix as a style sheet.
"""
