"""Every figure, defined once: what it is called, what it counts, and which list it opens.

All are read from the ledgers (`risks.models.history`), which say how each risk and each mitigation
stood at any time: "now" and "on 3 March" are the same query. API, pages, exports and metrics read
them from here.

"Open" is neither draft nor closed. Scores and levels are the current ones: residual where that is
assessed, else inherent. What nobody has measured is None, never 0.
"""
