"""Builds the rows of one written risk: itself, its links, its plans and its acceptance."""

from bisect import bisect_right
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models

from openrisk.text.names import name_key
from risks import scoring
from risks.demo.bulk_rows import Row
from risks.demo.reference_data import ReferenceData
from risks.demo.timeline import (
    NOT_VALIDATED,
    SOURCE_NAME,
    Timeline,
    implemented_by,
    validated_by,
)
from risks.demo.written.reading import StoryStep, WrittenPlan, WrittenRisk, written_risks
from risks.models import (
    Acceptance,
    AcceptanceStatus,
    Level,
    Mitigation,
    MitigationAction,
    MitigationStatus,
    Risk,
    RiskAsset,
    RiskControl,
    RiskTag,
    Source,
)
from risks.states import ASSESSED


class WrittenRiskBuilder:
    """Adds the rows of the written risk number `index` to a timeline."""

    def __init__(self, reference: ReferenceData, timeline: Timeline, index: int) -> None:
        self.reference = reference
        self.timeline = timeline
        self.written: WrittenRisk = written_risks()[index]
        self.id = reference.id_for("risk", index)
        self.assets = [reference.written_assets[name] for name in self.written.assets]

    def build(self) -> None:
        first, *later = self.written.story
        moment = self.moment_of(first.days)
        risk = self.create_risk(moment)
        self.take_step(risk, first)
        self.timeline.add_created(moment, Risk, dict(vars(risk)))
        self.add_links(moment)
        levels = {moment: risk.current_level}
        for step in later:
            moment = max(moment + 1, self.moment_of(step.days))
            risk.version += 1
            risk.updated_at = self.reference.moments[moment]
            self.take_step(risk, step)
            self.timeline.add_changed(moment, Risk, dict(vars(risk)))
            levels[moment] = risk.current_level
        for plan in self.written.plans:
            self.add_plan(plan, levels)
        if self.written.acceptance:
            self.add_acceptance()

    # --- The risk ------------------------------------------------------------------------------
    def create_risk(self, moment: int) -> Risk:
        written, reference = self.written, self.reference
        at = reference.moments[moment]
        people = {f"{name}_id": reference.people[who].pk for name, who in written.people.items()}
        is_imported = moment == 0
        return Risk(
            id=self.id,
            organization_id=reference.organization.pk,
            title=written.title,
            description=written.description,
            category_id=reference.categories[written.topic].pk,
            treatment=written.treatment,
            source=Source.IMPORT.value if is_imported else Source.MANUAL.value,
            source_name=SOURCE_NAME if is_imported else "",
            external_id=str(self.id)[:8] if is_imported else "",
            review_interval_days=written.interval,
            next_review_at=None if written.next_review is None else self.day(written.next_review),
            created_at=at,
            updated_at=at,
            **people,
        )

    def take_step(self, risk: Risk, step: StoryStep) -> None:
        risk.status = step.status
        matrix = self.reference.matrix
        for kind, pair in step.ratings.items():
            for name, rating in zip((f"{kind}_likelihood", f"{kind}_impact"), pair, strict=True):
                size = len(matrix.ratings(name))
                setattr(risk, name, scoring.convert_rating(rating, scoring.DEFAULT_SIZE, size))
        if step.status in ASSESSED:
            risk.last_reviewed_at = risk.updated_at
        scoring.rescore(risk, matrix)
        criticalities = [asset.criticality for asset in self.assets]
        risk.priority = scoring.priority(risk.current_score, criticalities)

    def add_links(self, moment: int) -> None:
        controls = {
            control.identifier: control.pk for group in self.reference.controls for control in group
        }
        for tag in self.written.tags:
            self.add_row(moment, RiskTag, {"name": tag, "name_key": name_key(tag)}, tag)
        for asset in self.assets:
            self.add_row(moment, RiskAsset, {"asset_id": asset.pk}, asset.name)
        for name in self.written.controls:
            self.add_row(moment, RiskControl, {"control_id": controls[name]}, name)

    # --- Treatment -----------------------------------------------------------------------------
    def add_plan(self, plan: WrittenPlan, levels: dict[int, str | None]) -> None:
        begin = self.moment_of(plan.begin)
        level = next((levels[at] for at in sorted(levels, reverse=True) if at <= begin), None)
        mitigation = {
            "risk_id": self.id,
            "title": plan.title,
            "status": MitigationStatus.PLANNED.value,
            "priority": level or Level.MEDIUM.value,
            "owner_id": self.reference.people[plan.owner].pk,
            "due_date": self.day(plan.due).date(),
            "cost": None if plan.cost is None else Decimal(plan.cost),
            "currency": "" if plan.cost is None else "EUR",
            "effectiveness": Decimal(str(plan.effect)),
        }
        self.add_row(begin, Mitigation, mitigation, plan.title)
        started = self.add_actions(plan, mitigation, begin)
        if plan.status == MitigationStatus.PLANNED:
            return
        moment = started or begin + 1
        begun = {**NOT_VALIDATED, "status": MitigationStatus.IN_PROGRESS.value}
        self.change_row(moment, Mitigation, mitigation, begun)
        if plan.finished is not None:
            moment = max(moment + 1, self.moment_of(plan.finished))
            self.change_row(moment, Mitigation, mitigation, self.finish(plan, mitigation, moment))

    def add_actions(self, plan: WrittenPlan, mitigation: Row, begin: int) -> int | None:
        """Add the steps of a plan; return the moment when the first of them was done."""
        started = None
        for order, action in enumerate(plan.actions, 1):
            row = {
                "mitigation_id": mitigation["id"],
                "title": action.title,
                "order": order,
                "due_date": self.day(action.due).date(),
            }
            self.add_row(begin, MitigationAction, row, plan.title, action.title)
            if action.done is not None:
                moment = max(begin + 1, self.moment_of(action.done))
                done = {
                    "done_at": self.reference.moments[moment],
                    "done_by_id": mitigation["owner_id"],
                }
                self.change_row(moment, MitigationAction, row, done)
                started = started or moment
        return started

    def finish(self, plan: WrittenPlan, mitigation: Row, moment: int) -> Row:
        """Return the columns of a plan that was carried out, and of one that works as well."""
        at, people = self.reference.moments[moment], self.reference.people
        columns = {"status": plan.status, **implemented_by(mitigation["owner_id"], at)}
        if plan.status == MitigationStatus.DONE:
            columns |= validated_by(people["manager"].pk, at)
        return columns

    # --- Acceptance ----------------------------------------------------------------------------
    def add_acceptance(self) -> None:
        """Add the acceptance, approved where it was decided."""
        acceptance, people = self.written.acceptance, self.reference.people
        requested = self.moment_of(acceptance["asked"])
        row = {
            "risk_id": self.id,
            "requester_id": people["analyst"].pk,
            "justification": acceptance["why"],
            "conditions": acceptance.get("conditions", ""),
            "expires_at": self.day(acceptance["until"]),
        }
        self.add_row(requested, Acceptance, row, "acceptance")
        if "decided" in acceptance:
            decided = max(requested + 1, self.moment_of(acceptance["decided"]))
            approval = {
                "status": AcceptanceStatus.APPROVED.value,
                "approver_id": people["manager"].pk,
                "decided_at": self.reference.moments[decided],
            }
            self.change_row(decided, Acceptance, row, approval)

    # --- Rows ----------------------------------------------------------------------------------
    def add_row(self, moment: int, model: type[models.Model], row: Row, *names: str) -> None:
        at = self.reference.moments[moment]
        row |= {
            "id": self.reference.id_for(model.__name__, self.id, *names),
            "organization_id": self.reference.organization.pk,
            "created_at": at,
            "updated_at": at,
            "version": 1,
        }
        if model in (RiskTag, RiskAsset, RiskControl):
            row["risk_id"] = self.id
        self.timeline.add_created(moment, model, dict(row))

    def change_row(
        self, moment: int, model: type[models.Model], row: Row, fields: dict[str, Any]
    ) -> None:
        """Change `row` from `moment` on."""
        at = self.reference.moments[moment]
        row |= {"version": row["version"] + 1, "updated_at": at, **fields}
        self.timeline.add_changed(moment, model, dict(row))

    def moment_of(self, days: int) -> int:
        """Return the last moment when the register was worked on, as seen so many days ago."""
        at = self.reference.today - timedelta(days=days - 1)
        return max(0, bisect_right(self.reference.moments, at) - 1)

    def day(self, days: int) -> datetime:
        return self.reference.today + timedelta(days=days)
