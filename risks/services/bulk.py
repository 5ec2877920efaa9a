"""Many operations on risks in one request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from openrisk.accounts.models import User
from risks.history import recorded

UNDONE = 424  # Failed Dependency (RFC 4918): it would have worked, but another one failed


@dataclass
class Outcome:
    """What became of one operation; `problem` is None when it was carried out."""

    index: int
    status: int
    data: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, Any] | None = None


def run_bulk(
    *,
    actor: User | None,
    operations: list[Any],
    carry_out: Callable[[Any], Outcome],
    atomic: bool,
) -> list[Outcome]:
    """Carry out each operation in its own savepoint.

    With `atomic` one failure undoes all of them; the outcomes then still tell which failed.
    `carry_out` returns an outcome with a `problem` instead of raising.
    """
    outcomes = []
    with recorded(actor=actor, comment="Bulk change"):
        for operation in operations:
            with transaction.atomic():
                outcome = carry_out(operation)
                if outcome.problem:
                    transaction.set_rollback(True)
            outcomes.append(outcome)
        if atomic and any(outcome.problem for outcome in outcomes):
            transaction.set_rollback(True)
            outcomes = [o if o.problem else Outcome(o.index, UNDONE) for o in outcomes]
    return outcomes
