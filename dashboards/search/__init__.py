"""One search over everything that a member may see.

Read in this order: `query` (the words of a text), `results` (hits in groups), `ranking` (the best
rows of a query), `kinds` (the rows that are searched), `places` (pages and actions), and `service`,
which asks them all.
"""
