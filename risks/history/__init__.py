"""History of every domain row, written by the database itself.

Triggers write `Change`, `ScoreChange` and the like, however a row is written. `recorded` gives them
the actor and the reason, for the length of a transaction.

Read `context`, `recorded_models` (declared by `risks.tracking` and other apps), `triggers` and the
two `triggers_*`, `reading`; `descriptions`, `sentences` and `entries`, which put it into words;
`comments` (reasons without a change), `roles` (who may write history).
"""

from risks.history.context import recorded

__all__ = ("recorded",)
