"""How far a run can take risks towards the states that their source says."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils import timezone

from risks import states
from risks.import_runs.changes import PlannedChange
from risks.import_runs.importers.base import ImportContext
from risks.models import Acceptance, AcceptanceStatus, Mitigation, Risk, RowAction, Status

RATED = ("inherent_likelihood", "inherent_impact")


class StatusPlanner:
    """Takes the steps of one run, all of them risks. A stop is a note; it fails nothing."""

    def __init__(
        self, scope: ImportContext, steps: Sequence[PlannedChange], planned: set[str]
    ) -> None:
        """`planned` are the risks, by identity, for which the run makes a mitigation."""
        self.now = timezone.now()
        self.planned = planned
        known = [
            step.object_id
            for step in steps
            if step.action == RowAction.UPDATE and step.object_id and "status" in step.changes
        ]
        rows = Risk.objects.for_organization(scope.organization).filter(pk__in=known)
        self.risks = rows.only("pk", "reference", *RATED).in_bulk()
        self.mitigations = _by_risk(
            Mitigation.objects.filter(risk__in=known).active().with_progress().order_by("number")
        )
        self.approved = _by_risk(
            Acceptance.objects.filter(risk__in=known, status=AcceptanceStatus.APPROVED)
        )

    def walk(self, step: PlannedChange) -> str:
        """Replace the state that the source says by the one that can be reached, and give that."""
        present = step.present["status"] if step.present else None
        start = present or Status.IDENTIFIED.value
        goal = step.values.get("status")
        if present is None and goal == Status.DRAFT:
            start = Status.DRAFT.value
        if not goal or (present is not None and "status" not in step.changes):
            return start
        reached, reasons = _reach(start, goal, self._facts(step))
        if reasons:
            label = Status(reached).label.lower()
            step.notes.append(f"The status stops at {label}, not {goal}: {'. '.join(reasons)}.")
        step.change("status", present, reached)
        # Where a walk stopped is no edit by anybody.
        step.edited = [name for name in step.edited if name != "status"]
        return reached

    def _facts(self, step: PlannedChange) -> states.GuardContext:
        risk = self.risks.get(step.object_id) or Risk()  # type: ignore[arg-type]
        for name in RATED:
            if name in step.changes:
                setattr(risk, name, step.changes[name][1])
        mitigations = self.mitigations.get(risk.pk, [])
        if step.record.identity in self.planned and not mitigations:
            mitigations = [_PLANNED]
        return states.GuardContext(risk, self.now, mitigations, self.approved.get(risk.pk, []))


_PLANNED = Mitigation()
_PLANNED.actions_total = _PLANNED.actions_done = 0  # type: ignore[attr-defined]


def _reach(start: str, goal: str, facts: states.GuardContext) -> tuple[str, list[str]]:
    """The state at which the way from `start` to `goal` ends, and why it ends before `goal`."""
    try:
        way = states.shortest_path(start, goal)
    except ValueError:
        return start, [f"No way leads there from {Status(start).label.lower()}"]
    status = start
    for to in way:
        if reasons := states.guard_reasons(to, facts):
            return status, reasons
        status = to
    return status, []


def _by_risk(rows: Iterable) -> dict[UUID, list]:
    found: dict[UUID, list] = defaultdict(list)
    for row in rows:
        found[row.risk_id].append(row)
    return found
