"""The page of a risk.

Read `detail` first (the page and its tabs), then `tabs`, `loading` (its reads), `explanation` and
`score_chart` (why it has its score), `actions` and `assessment` (its buttons and forms), `editing`
(the forms to add and to edit), `forms`, and `history`.
"""
