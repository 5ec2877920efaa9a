"""Figures about the register, and what shows them: the API, pages, boards, PDF and e-mail.

Read `figures` (each figure, computed in one place), `periods`, `reads` and `wording`, then `api`,
`pages` and `boards`, `report` (the PDF), and `schedules` with `tasks` (reports by e-mail).
"""
