"""Builds the rows of one risk of the load data: itself, its links, mitigation and acceptance."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from openrisk.accounts.models import User
from openrisk.text.names import name_key
from risks import scoring
from risks.demo import texts
from risks.demo.bulk_rows import Row
from risks.demo.lifecycles import PATHS, invent_lifecycle
from risks.demo.reference_data import NamedAsset, ReferenceData, seeded_random
from risks.demo.timeline import (
    NOT_VALIDATED,
    SOURCE_NAME,
    Timeline,
    implemented_by,
    validated_by,
)
from risks.demo.topics import TOPICS, Topic
from risks.demo.word_lists import (
    CONDITIONS,
    IMPACT_WEIGHTS,
    JUSTIFICATIONS,
    LIKELIHOOD_WEIGHTS,
    OUTSIDE_OWNERS,
)
from risks.models import (
    Acceptance,
    AcceptanceStatus,
    Level,
    Matrix,
    Mitigation,
    MitigationAction,
    MitigationStatus,
    Risk,
    RiskAsset,
    RiskControl,
    RiskTag,
    Source,
    Treatment,
)
from risks.scoring import DEFAULT_SIZE, convert_rating
from risks.states import ASSESSED

TOPIC_WEIGHTS = (26, 14, 15, 13, 12, 10, 10)
REVIEW_INTERVALS = (90, 180, 365)
UNREVIEWED = frozenset({"draft", "closed"})
TREATED = frozenset(last for last, path in PATHS.items() if "treatment_planned" in path)
RESIDUAL_KNOWN = frozenset({"mitigated", "accepted", "closed", "reopened"})

# A complete lifecycle costs several times what its last status does: in a big register the first
# risks have one, and every fifth of the others.
COMPLETE_LIFECYCLES, COMPLETE_EVERY = 5_000, 5
Item = TypeVar("Item")


class RiskBuilder:
    """Adds the rows of the risk number `index` to a timeline.

    All choices come from a random generator that is seeded by the id of the risk. The order of the
    calls decides what is chosen: another order makes other risks of the same seed.
    """

    def __init__(self, reference: ReferenceData, timeline: Timeline, index: int) -> None:
        self.reference = reference
        self.timeline = timeline
        self.index = index
        self.id = reference.id_for("risk", index)
        self.random = seeded_random(self.id)
        self.topic_index = self.random.choices(range(len(TOPICS)), TOPIC_WEIGHTS)[0]
        self.topic: Topic = TOPICS[self.topic_index]
        candidates = reference.assets_for(self.topic_index, index)
        self.subject = self.random.choice(candidates)  # the asset that the title names
        self.assets = self.choose_assets(candidates)
        self.lifecycle = invent_lifecycle(
            self.random,
            len(reference.moments),
            complete=index < COMPLETE_LIFECYCLES or index % COMPLETE_EVERY == 0,
        )
        self.begin = self.lifecycle.status_changes[0].moment
        self.ratings = invent_ratings(self.random, self.reference.matrix)

    def build(self) -> None:
        first, *later = self.lifecycle.status_changes
        risk = self.create_risk()
        self.rate_risk(risk, first.status, first=bool(later))
        self.timeline.add_created(first.moment, Risk, dict(vars(risk)))
        for change in later:
            risk.version += 1
            risk.updated_at = self.reference.moments[change.moment]
            self.rate_risk(risk, change.status)
            self.timeline.add_changed(change.moment, Risk, dict(vars(risk)))
        self.add_links()
        self.add_mitigation(risk)
        self.add_acceptance()

    # --- The risk ----------------------------------------------------------------------------
    def create_risk(self) -> Risk:
        random, reference = self.random, self.reference
        at = reference.moments[self.begin]
        imported, last_status = self.lifecycle.imported, self.lifecycle.last_status
        reviewed = last_status not in UNREVIEWED and random.random() < 0.8
        return Risk(
            id=self.id,
            organization_id=reference.organization.pk,
            **texts.risk_texts(random, self.topic_index),
            category_id=reference.categories[self.topic_index].pk,
            treatment=self.choose_treatment(last_status),
            source=Source.IMPORT.value if imported else Source.MANUAL.value,
            source_name=SOURCE_NAME if imported else "",
            external_id=f"{reference.seed}-{self.index + 1:06d}" if imported else "",
            review_interval_days=random.choice(REVIEW_INTERVALS) if reviewed else None,
            next_review_at=self.random_day(-30, 300) if reviewed else None,
            created_at=at,
            updated_at=at,
            **self.choose_people(),
        )

    def choose_treatment(self, last_status: str) -> str:
        if last_status == "accepted":
            return Treatment.ACCEPT.value
        if last_status in ("draft", "identified"):
            return ""
        options = [Treatment.MITIGATE.value, Treatment.TRANSFER.value, Treatment.AVOID.value]
        return self.random.choices(options, (84, 11, 5))[0]

    def choose_people(self) -> Row:
        people, random = self.reference.people, self.random
        owner = people[self.topic.owner] if random.random() < 0.75 else self.random_owner()
        has_no_account = random.random() < 0.06
        return {
            "owner_id": None if has_no_account else owner.pk,
            "owner_name": random.choice(OUTSIDE_OWNERS) if has_no_account else "",
            "assignee_id": self.random_owner().pk if random.random() < 0.6 else None,
            "reviewer_id": people["manager"].pk if random.random() < 0.5 else None,
        }

    def rate_risk(self, risk: Risk, status: str, *, first: bool = False) -> None:
        """Set the status and the ratings that are known by then: more, the later the status.

        The `first` rating may be a little off.
        """
        risk.status = status
        likelihood, impact = self.ratings["inherent"]
        if first:
            likelihood = self.ratings["first_likelihood"]
        if status not in ("draft", "identified") or self.index % 2:
            risk.inherent_likelihood, risk.inherent_impact = likelihood, impact
        if status not in ("draft", "identified", "assessed"):
            risk.target_likelihood, risk.target_impact = self.ratings["residual"]
        if status in RESIDUAL_KNOWN or (status == "in_treatment" and self.index % 3):
            kind = "half_way" if status == "in_treatment" else "residual"
            risk.residual_likelihood, risk.residual_impact = self.ratings[kind]
        if status in ASSESSED:
            risk.last_reviewed_at = risk.updated_at
        scoring.rescore(risk, self.reference.matrix)
        risk.priority = scoring.priority(
            risk.current_score, [named.asset.criticality for named in self.assets]
        )

    # --- Links -------------------------------------------------------------------------------
    def choose_assets(self, candidates: list[NamedAsset]) -> list[NamedAsset]:
        """Choose none, the one that the title names, or another one as well."""
        count = self.random.choices((0, 1, 2), (15, 73, 12))[0]
        other = self.random.choice(candidates)
        return [self.subject, other][: count if other is not self.subject else min(count, 1)]

    def add_links(self) -> None:
        controls = self.random_sample(self.reference.controls[self.topic_index], (60, 30, 10))
        links: tuple[tuple[type[models.Model], str, list[Any]], ...] = (
            (RiskTag, "name", self.random_sample(self.topic.tags, (40, 42, 14, 4))),
            (RiskAsset, "asset_id", [named.asset.pk for named in self.assets]),
            (RiskControl, "control_id", [control.pk for control in controls]),
        )
        for model, column, values in links:
            for value in values:
                row = {"risk_id": self.id, column: value}
                if model is RiskTag:
                    row["name_key"] = name_key(value)
                self.add_row(self.begin, model, row)

    # --- Treatment ---------------------------------------------------------------------------
    def add_mitigation(self, risk: Risk) -> None:
        last_status, random = self.lifecycle.last_status, self.random
        planned_only = last_status == "treatment_planned"
        if last_status not in TREATED or (planned_only and self.index % 2):
            return
        planned = self.lifecycle.first_moment_in("treatment_planned", "in_treatment")
        begin = self.begin if planned is None else planned
        cost = Decimal(random.randrange(5, 900) * 100) if random.random() < 0.6 else None
        mitigation = {
            "risk_id": self.id,
            "title": texts.fill_template(random.choice(self.topic.measures), self.subject.phrase),
            "priority": risk.current_level or Level.MEDIUM.value,
            "owner_id": risk.assignee_id or risk.owner_id,
            "due_date": self.random_day(-25, 240).date(),
            "cost": cost,
            "currency": "EUR" if cost is not None else "",
            "effectiveness": Decimal(random.randrange(2, 10)) / 10,
        }
        self.add_row(begin, Mitigation, mitigation)
        titles = self.random_sample(self.topic.actions, (0, 42, 38, 15, 5))
        actions = [
            {
                "mitigation_id": mitigation["id"],
                "title": title,
                "order": order,
                "due_date": mitigation["due_date"],
            }
            for order, title in enumerate(titles, 1)
        ]
        for action in actions:
            self.add_row(begin, MitigationAction, action)
        if not planned_only:
            self.add_progress(mitigation, actions, begin)

    def add_progress(self, mitigation: Row, actions: list[Row], begin: int) -> None:
        """Finish all actions where the risk was mitigated, some where it is in treatment."""
        if self.lifecycle.last_status == "in_treatment":
            moment = self.random_moment_after(begin)
            done = self.random.randrange(len(actions) + 1)
            finished = done == len(actions)
            status = MitigationStatus.REVIEW if finished else MitigationStatus.IN_PROGRESS
        else:
            mitigated = self.lifecycle.first_moment_in("mitigated")
            moment = begin if mitigated is None else mitigated
            done, status = len(actions), MitigationStatus.DONE
        fields = {"done_at": self.reference.moments[moment], "done_by_id": mitigation["owner_id"]}
        for action in actions[:done]:
            self.change_row(moment, begin, MitigationAction, action, fields)
        changes = {"status": status.value, **self.validation_of(mitigation, status, moment)}
        self.change_row(moment, begin, Mitigation, mitigation, changes)

    def validation_of(self, mitigation: Row, status: MitigationStatus, moment: int) -> Row:
        """Return who implemented a mitigation, and who else validated it where it is done."""
        if status == MitigationStatus.IN_PROGRESS:
            return NOT_VALIDATED
        people, at = self.reference.people, self.reference.moments[moment]
        implemented = implemented_by(mitigation["owner_id"], at)
        if status == MitigationStatus.REVIEW:
            return implemented
        validator = next(
            people[name]
            for name in ("manager", "admin")
            if people[name].pk != mitigation["owner_id"]
        )
        return {**implemented, **validated_by(validator.pk, at)}

    # --- Acceptance --------------------------------------------------------------------------
    def add_acceptance(self) -> None:
        """Approved where the risk is accepted; a few assessed risks wait for a decision.

        An acceptance lasts less than a year and has not expired.
        """
        reference, random = self.reference, self.random
        last = self.lifecycle.status_changes[-1]
        if last.status == "accepted":
            requested = max(self.begin, last.moment - random.randrange(1, 5))
        elif last.status == "assessed" and random.random() < 0.05:
            recently = len(reference.moments) - random.randrange(1, 10)
            requested = max(last.moment, recently)
        else:
            return
        longest = (reference.moments[requested] + timedelta(days=360) - reference.today).days
        acceptance = {
            "risk_id": self.id,
            "requester_id": reference.people["analyst"].pk,
            "justification": random.choice(JUSTIFICATIONS),
            "conditions": random.choice(CONDITIONS),
            "expires_at": self.random_day(12, longest),
        }
        self.add_row(requested, Acceptance, acceptance)
        if last.status == "accepted":
            approval = {
                "status": AcceptanceStatus.APPROVED.value,
                "approver_id": reference.people["manager"].pk,
                "decided_at": reference.moments[last.moment],
            }
            self.change_row(last.moment, requested, Acceptance, acceptance, approval)

    # --- Rows ----------------------------------------------------------------------------------
    def add_row(self, moment: int, model: type[models.Model], row: Row) -> None:
        at = self.reference.moments[moment]
        row |= {
            "id": UUID(int=self.random.getrandbits(128), version=4),
            "organization_id": self.reference.organization.pk,
            "created_at": at,
            "updated_at": at,
        }
        self.timeline.add_created(moment, model, row)

    def change_row(
        self, moment: int, created: int, model: type[models.Model], row: Row, fields: Row
    ) -> None:
        """Change a row at `moment`; one that is `created` at that moment begins with `fields`."""
        if moment == created:
            row |= fields
            return
        at = self.reference.moments[moment]
        self.timeline.add_changed(moment, model, row | {"version": 2, "updated_at": at} | fields)

    # --- Choices -------------------------------------------------------------------------------
    def random_day(self, earliest: int, latest: int) -> datetime:
        """A day between `earliest` and `latest` days from today."""
        return self.reference.today + timedelta(days=self.random.randint(earliest, latest))

    def random_moment_after(self, begin: int) -> int:
        """A later moment; `begin` itself if there is none, or only the last status is written."""
        if not self.lifecycle.complete or begin + 1 == len(self.reference.moments):
            return begin
        return self.random.randrange(begin + 1, len(self.reference.moments))

    def random_owner(self) -> User:
        return self.random.choice(self.reference.owners)

    def random_sample(self, items: Sequence[Item], weights: tuple[int, ...]) -> list[Item]:
        """Choose as many of `items` as the weights of 0, 1, 2 ... make likely."""
        count = self.random.choices(range(len(weights)), weights)[0]
        return self.random.sample(items, count) if count else []


def invent_ratings(random: Random, matrix: Matrix) -> dict[str, Any]:
    likelihood, impact = (
        random.choices(range(1, len(weights) + 1), weights)[0]
        for weights in (LIKELIHOOD_WEIGHTS, IMPACT_WEIGHTS)
    )
    ratings: dict[str, Any] = {
        "first_likelihood": min(5, max(1, likelihood + random.choice((-1, 0, 0, 1)))),
        "inherent": (likelihood, impact),
        "half_way": (max(1, likelihood - 1), impact),
        "residual": (
            max(1, likelihood - random.randint(1, 3)),
            max(1, impact - random.randint(0, 2)),
        ),
    }
    sizes = len(matrix.likelihoods), len(matrix.impacts)
    if sizes == (DEFAULT_SIZE, DEFAULT_SIZE):
        return ratings
    first = convert_rating(ratings.pop("first_likelihood"), DEFAULT_SIZE, sizes[0])
    return {"first_likelihood": first} | {
        name: tuple(map(convert_rating, cell, (DEFAULT_SIZE, DEFAULT_SIZE), sizes))
        for name, cell in ratings.items()
    }
