"""The rows of one risk over its life: itself, its links, its mitigation and its acceptance."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from openrisk.accounts.models import User
from risks import scoring
from risks.demo import texts
from risks.demo.bulk_rows import Row
from risks.demo.lifecycles import PATHS, RiskLifecycle, invent_lifecycle
from risks.demo.reference_data import NamedAsset, ReferenceData, seeded_random
from risks.demo.timeline import Timeline
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
from risks.states import ASSESSED

SOURCE_NAME = "previous-register"
TOPIC_WEIGHTS = (26, 14, 15, 13, 12, 10, 10)
REVIEW_INTERVALS = (90, 180, 365)
UNREVIEWED = frozenset({"draft", "closed"})
TREATED = frozenset(end for end, path in PATHS.items() if "treatment_planned" in path)
RESIDUAL_KNOWN = frozenset({"mitigated", "accepted", "closed", "reopened"})


# A whole life costs several times what its last step does: a big register is told in full for the
# first risks and for a part of the others.
WHOLE_LIVES, WHOLE_LIFE_EVERY = 5_000, 5
Thing = TypeVar("Thing")


class RiskBuilder:
    """Tells the risk `index` of a stage into a timeline."""

    def __init__(self, stage: ReferenceData, timeline: Timeline, index: int) -> None:
        self.stage = stage
        self.timeline = timeline
        self.index = index
        self.id = stage.id("risk", index)
        self.random = seeded_random(self.id)
        self.topic_index = self.random.choices(range(len(TOPICS)), TOPIC_WEIGHTS)[0]
        self.topic: Topic = TOPICS[self.topic_index]
        places = stage.places_for(self.topic_index, index)
        self.place = self.random.choice(places)
        self.assets = self._assets(places)
        whole = index < WHOLE_LIVES or index % WHOLE_LIFE_EVERY == 0
        self.life: RiskLifecycle = invent_lifecycle(self.random, len(stage.moments), whole=whole)
        self.begin = self.life.steps[0].moment
        self.ratings = _ratings(self.random)

    def tell(self) -> None:
        first, *later = self.life.steps
        risk = self._risk()
        self._rate(risk, first.status, first=bool(later))
        self.timeline.create(first.moment, Risk, dict(vars(risk)))
        for step in later:
            risk.version += 1
            risk.updated_at = self.stage.moments[step.moment]
            self._rate(risk, step.status)
            self.timeline.change(step.moment, Risk, dict(vars(risk)))
        self._link()
        self._mitigate(risk)
        self._accept()

    # --- The risk ----------------------------------------------------------------------------
    def _risk(self) -> Risk:
        at = self.stage.moments[self.begin]
        random = self.random
        taken_over = self.life.taken_over
        reviewed = self.life.end not in UNREVIEWED and random.random() < 0.8
        return Risk(
            id=self.id,
            organization_id=self.stage.organization.pk,
            title=texts.risk_title(random, self.topic, self.place.phrase),
            description=texts.risk_description(random, self.topic),
            category_id=self.stage.categories[self.topic_index].pk,
            treatment=self._treatment(),
            source=Source.IMPORT.value if taken_over else Source.MANUAL.value,
            source_name=SOURCE_NAME if taken_over else "",
            external_id=f"{self.stage.seed}-{self.index + 1:06d}" if taken_over else "",
            review_interval_days=random.choice(REVIEW_INTERVALS) if reviewed else None,
            next_review_at=self._days(-30, 300) if reviewed else None,
            created_at=at,
            updated_at=at,
            **self._responsible(),
        )

    def _responsible(self) -> Row:
        people, random = self.stage.people, self.random
        owner = people[self.topic.owner] if random.random() < 0.75 else self._anybody()
        nameless = random.random() < 0.06
        return {
            "owner_id": None if nameless else owner.pk,
            "owner_name": random.choice(OUTSIDE_OWNERS) if nameless else "",
            "assignee_id": self._anybody().pk if random.random() < 0.6 else None,
            "reviewer_id": people["manager"].pk if random.random() < 0.5 else None,
        }

    def _treatment(self) -> str:
        end = self.life.end
        if end == "accepted":
            return Treatment.ACCEPT.value
        if end in ("draft", "identified"):
            return ""
        options = [Treatment.MITIGATE.value, Treatment.TRANSFER.value, Treatment.AVOID.value]
        return self.random.choices(options, (84, 11, 5))[0]

    def _rate(self, risk: Risk, status: str, *, first: bool = False) -> None:
        """What is known in `status`: more the further a risk has come.

        What was thought at `first` may have been a little off.
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
        scoring.rescore(risk, self.stage.matrix)
        risk.priority = scoring.priority(
            risk.current_score, [place.asset.criticality for place in self.assets]
        )

    # --- Links -------------------------------------------------------------------------------
    def _link(self) -> None:
        controls = self._some(self.stage.controls[self.topic_index], (60, 30, 10))
        links: tuple[tuple[type[models.Model], str, list[Any]], ...] = (
            (RiskTag, "name", self._some(self.topic.tags, (40, 42, 14, 4))),
            (RiskAsset, "asset_id", [place.asset.pk for place in self.assets]),
            (RiskControl, "control_id", [control.pk for control in controls]),
        )
        for model, column, values in links:
            for value in values:
                self._create(self.begin, model, {"risk_id": self.id, column: value})

    def _assets(self, places: list[NamedAsset]) -> list[NamedAsset]:
        """None, the one that the title names, or another one besides."""
        count = self.random.choices((0, 1, 2), (15, 73, 12))[0]
        other = self.random.choice(places)
        return [self.place, other][: count if other is not self.place else min(count, 1)]

    def _some(self, things: Sequence[Thing], weights: tuple[int, ...]) -> list[Thing]:
        """As many of `things` as the weights of 0, 1, 2 ... say."""
        count = self.random.choices(range(len(weights)), weights)[0]
        return self.random.sample(things, count) if count else []

    # --- Treatment ---------------------------------------------------------------------------
    def _mitigate(self, risk: Risk) -> None:
        life = self.life
        if life.end not in TREATED or (life.end == "treatment_planned" and self.index % 2):
            return
        begun = life.moment_of("treatment_planned", "in_treatment")
        begun = self.begin if begun is None else begun
        mitigation = self._mitigation(risk)
        self._create(begun, Mitigation, mitigation)
        titles = self._some(self.topic.actions, (0, 42, 38, 15, 5))
        actions = [self._action(mitigation, *numbered) for numbered in enumerate(titles, 1)]
        for action in actions:
            self._create(begun, MitigationAction, action)
        self._progress(mitigation, actions, begun)

    def _mitigation(self, risk: Risk) -> Row:
        random = self.random
        cost = Decimal(random.randrange(5, 900) * 100) if random.random() < 0.6 else None
        return {
            "risk_id": self.id,
            "title": texts.fill_template(random.choice(self.topic.measures), self.place.phrase),
            "priority": risk.current_level or Level.MEDIUM.value,
            "owner_id": risk.assignee_id or risk.owner_id,
            "due_date": self._days(-25, 240).date(),
            "cost": cost,
            "currency": "EUR" if cost is not None else "",
            "effectiveness": Decimal(random.randrange(2, 10)) / 10,
        }

    def _action(self, mitigation: Row, order: int, title: str) -> Row:
        return {
            "mitigation_id": mitigation["id"],
            "title": title,
            "order": order,
            "due_date": mitigation["due_date"],
        }

    def _progress(self, mitigation: Row, actions: list[Row], begun: int) -> None:
        """Finish everything where the risk was mitigated, some of it where it is in treatment."""
        end = self.life.end
        if end == "treatment_planned":
            return
        if end == "in_treatment":
            moment = self._later(begun)
            done = self.random.randrange(len(actions) + 1)
            finished = done == len(actions)
            status = MitigationStatus.REVIEW if finished else MitigationStatus.IN_PROGRESS
        else:
            mitigated = self.life.moment_of("mitigated")
            moment = begun if mitigated is None else mitigated
            done, status = len(actions), MitigationStatus.DONE
        fields = {"done_at": self.stage.moments[moment], "done_by_id": mitigation["owner_id"]}
        for action in actions[:done]:
            self._change(moment, begun, MitigationAction, action, fields)
        self._change(moment, begun, Mitigation, mitigation, {"status": status.value})

    def _later(self, begun: int) -> int:
        if not self.life.whole or begun + 1 == len(self.stage.moments):
            return begun
        return self.random.randrange(begun + 1, len(self.stage.moments))

    # --- Acceptance --------------------------------------------------------------------------
    def _accept(self) -> None:
        """Approved where the risk is accepted; a few assessed ones wait for a decision."""
        last = self.life.steps[-1]
        if last.status == "accepted":
            asked = max(self.begin, last.moment - self.random.randrange(1, 5))
        elif last.status == "assessed" and self.random.random() < 0.05:
            recently = len(self.stage.moments) - self.random.randrange(1, 10)
            asked = max(last.moment, recently)
        else:
            return
        acceptance = self._acceptance(self.stage.moments[asked])
        self._create(asked, Acceptance, acceptance)
        if last.status == "accepted":
            fields = {
                "status": AcceptanceStatus.APPROVED.value,
                "approver_id": self.stage.people["manager"].pk,
                "decided_at": self.stage.moments[last.moment],
            }
            self._change(last.moment, asked, Acceptance, acceptance, fields)

    def _acceptance(self, at: datetime) -> Row:
        """It lasts less than a year and has not expired."""
        longest = (at + timedelta(days=360) - self.stage.today).days
        return {
            "risk_id": self.id,
            "requester_id": self.stage.people["analyst"].pk,
            "justification": self.random.choice(JUSTIFICATIONS),
            "conditions": self.random.choice(CONDITIONS),
            "expires_at": self._days(12, longest),
        }

    # --- Writing -----------------------------------------------------------------------------
    def _create(self, moment: int, model: type[models.Model], row: Row) -> None:
        at = self.stage.moments[moment]
        row |= {
            "id": UUID(int=self.random.getrandbits(128), version=4),
            "organization_id": self.stage.organization.pk,
            "created_at": at,
            "updated_at": at,
        }
        self.timeline.create(moment, model, row)

    def _change(
        self, moment: int, created: int, model: type[models.Model], row: Row, fields: Row
    ) -> None:
        """Change a row at `moment`; what is `created` then is so from the beginning."""
        if moment == created:
            row |= fields
            return
        at = self.stage.moments[moment]
        self.timeline.change(moment, model, row | {"version": 2, "updated_at": at} | fields)

    def _days(self, least: int, most: int) -> datetime:
        """A day between `least` and `most` days from today."""
        return self.stage.today + timedelta(days=self.random.randint(least, most))

    def _anybody(self) -> User:
        return self.random.choice(self.stage.owners)


def _ratings(random: Random) -> dict[str, Any]:
    likelihood, impact = (
        random.choices(scoring.SCALE, weights)[0]
        for weights in (LIKELIHOOD_WEIGHTS, IMPACT_WEIGHTS)
    )
    return {
        "first_likelihood": min(5, max(1, likelihood + random.choice((-1, 0, 0, 1)))),
        "inherent": (likelihood, impact),
        "half_way": (max(1, likelihood - 1), impact),
        "residual": (
            max(1, likelihood - random.randint(1, 3)),
            max(1, impact - random.randint(0, 2)),
        ),
    }
