"""Layout: where on a sheet the table is, and which of its rows are risks.

Read in this order: `header` (the rows that name the columns), `columns` (one name for each, without
what stands beside the table), `shape` (what rows of risks usually hold), `rows` (rows without a
risk), `continuation` (rows that go on with the risk above), `kinds` (rows of a RAID log), and
`sheets` (which sheets are read).
"""
