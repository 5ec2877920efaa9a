"""Status path: how far an import can move a risk towards the status that its source gives.

An import takes one transition after the other, as people do, and stops where a guard refuses one.
"""

from collections.abc import Sequence

from risks import states
from risks.import_runs.changes import PlannedChange
from risks.import_runs.context import ImportContext
from risks.models import Mitigation, Risk, RowAction, Status

RATED = ("inherent_likelihood", "inherent_impact")
GUARDED = (*RATED, "derived_ratings")


class StatusPlanner:
    """Plans the status of the risks in one run. A stop is a note for people, not an error."""

    def __init__(
        self, context: ImportContext, changes: Sequence[PlannedChange], with_plan: set[str]
    ) -> None:
        """`with_plan` are the identities of risks for which the run creates a mitigation."""
        self.with_plan = with_plan
        ids = [
            change.object_id
            for change in changes
            if change.action == RowAction.UPDATE and change.object_id and "status" in change.changes
        ]
        rows = Risk.objects.for_organization(context.organization).filter(pk__in=ids)
        self.risks = rows.only("pk", "reference", *GUARDED).in_bulk()
        self.facts = states.GuardFacts(ids)

    def plan_status(self, change: PlannedChange) -> str:
        """Replace the status that the source gives by the one that can be reached; returns it."""
        current = change.current["status"] if change.current else None
        start = current or Status.IDENTIFIED.value
        goal = change.values.get("status")
        if current is None and goal == Status.DRAFT:
            start = Status.DRAFT.value
        if not goal or (current is not None and "status" not in change.changes):
            return start
        reached, reasons = furthest_status(start, goal, self.guard_context(change))
        if reasons:
            stop, wish = Status(reached).label.lower(), Status(goal).label.lower()
            change.notes.append(f"The status stops at {stop}, not {wish}: {'. '.join(reasons)}.")
        change.set_outcome("status", current, reached)
        # A status that stopped earlier is not an edit by people.
        change.edited = [name for name in change.edited if name != "status"]
        return reached

    def guard_context(self, change: PlannedChange) -> states.GuardContext:
        """Facts for the guards, about the risk as it will be after the import."""
        risk = self.risks.get(change.object_id) or Risk()  # type: ignore[arg-type]
        for name in GUARDED:
            if name in change.changes:
                setattr(risk, name, change.changes[name][1])
        planned = [_NEW_MITIGATION] if change.record.identity in self.with_plan else []
        return self.facts.context_of(risk, planned=planned)


_NEW_MITIGATION = Mitigation()
_NEW_MITIGATION.actions_total = _NEW_MITIGATION.actions_done = 0  # type: ignore[attr-defined]


def furthest_status(start: str, goal: str, guards: states.GuardContext) -> tuple[str, list[str]]:
    """The last status that can be reached on the way to `goal`, and the reasons to stop there."""
    try:
        path = states.shortest_path(start, goal)
    except ValueError:
        return start, [f"No transitions lead there from {Status(start).label.lower()}"]
    status = start
    for to in path:
        if reasons := states.guard_reasons(to, guards):
            return status, reasons
        status = to
    return status, []
