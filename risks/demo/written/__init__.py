"""The risks of the demo that are written by hand: those of one manufacturer with an online shop.

Read `reading` (a risk, as its file has it), `builder` (its rows, over eighteen months), `extras`
(comments, files, relations) and `own_work` (what waits for the person who tries the demo).

Each file has the assets and the risks of one category. `story` has the states of a risk: how many
days ago, the status, and the ratings that were new then: i4x5 is an inherent likelihood of 4 and
impact of 5, r the residual and t the target rating. A step of a plan begins with the days since it
was done, or with + and the days until it is due. A comment begins with its author and the days.
"""
