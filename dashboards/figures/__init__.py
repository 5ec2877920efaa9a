"""Every figure about a register, computed in one place. Nothing here knows HTTP or HTML.

Each endpoint has a module of its name, with a function `compute_...`. Read first `scope` (the part
of a register and the day) and `totals` (the numbers, each defined once), then `stats`, `matrix`
(the heat map), `timeline`, `top_risks`, `breakdown`, `mitigations`, `movement`, `compliance`,
`appetite`, and `executive`, which puts the others together.

All figures are read from the ledgers (`risks.models.history`), which keep how each risk, mitigation
and control was at any time: "now" and "on 3 March" are the same query. "Open" is neither draft nor
closed. Scores and levels are the current ones: residual if that is assessed, else inherent. A
figure that has not been measured is None, never 0.
"""
