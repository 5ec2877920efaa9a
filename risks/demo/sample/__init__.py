"""Sample data: a small register to look around in, which can be taken away again.

Read in this order: `register.toml` (the data), `records` (the records of an import run made of it),
`service` (fills it in and removes it).
"""
