"""History of every domain row, written by the database itself.

`triggers` installs the triggers that write `Change` and `ScoreChange`, whatever path a write
comes by. `recorded` tells them, for the length of a transaction, who acts and why.
"""

from risks.history.context import recorded

__all__ = ("recorded",)
