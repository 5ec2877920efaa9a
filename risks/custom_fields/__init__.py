"""Fields that an organization adds to its risks: definitions, values, and how they are asked for.

Read `values` first (what a value of each kind is), then `definitions` (those of an organization),
`sql` (conditions and expressions on the JSON of a risk) and `query` (filters of lists).
`services` writes definitions and checks values.
"""
