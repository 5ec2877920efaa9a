"""Risks as a run sees them: found by the source's id, walked through the states, written."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from openrisk.accounts.models import User
from openrisk.errors import Conflict
from openrisk.limits import extra_error
from risks import scoring, states
from risks.import_runs.changes import PlannedChange, SourceRecord, Values, is_blank
from risks.import_runs.current_values import (
    EXTRA,
    LISTS,
    PEOPLE,
    TEXTS,
    TIMES,
    VALUE_PATHS,
    current_values,
)
from risks.import_runs.importers.base import BATCH, ModelImporter, in_batches
from risks.import_runs.name_lookup import NameIndex
from risks.import_runs.risk_links import write_links
from risks.import_runs.status_path import RATED, StatusPlanner
from risks.models import (
    Acceptance,
    AcceptanceStatus,
    Asset,
    Finding,
    Matrix,
    Mitigation,
    Risk,
    RiskProposal,
    RowAction,
    Status,
)
from risks.registers.mapping.columns import RATINGS, extra_name
from risks.services import rows
from risks.services.decisions import DecisionBasis, decision_basis_of, reopen_decision
from risks.services.links import MAX_TAGS, refresh_priority
from risks.services.matrix import matrix_of

COPIED = ("title", "description", "treatment", *RATINGS, "next_review_at", "review_interval_days")
_PARTS = ("likelihood", "impact", "score", "level")


class RiskImporter(ModelImporter):
    model = Risk

    # --- Which risk it is

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        """By the id that the source gave it; else, for our own export, by its reference."""
        run = self.scope.run
        imported = self.rows().filter(source=run.source, source_name=run.source_name)
        found = dict(imported.exclude(external_id="").values_list("external_id", "pk"))
        if any(record.identity_kind == "reference" for record in records):
            by_reference = dict(self.rows().values_list("reference", "pk"))
            for record in records:
                if record.identity_kind == "reference" and record.identity in by_reference:
                    found.setdefault(record.identity, by_reference[record.identity])
        return found

    # --- What the source says, in our words

    def normalised(self, record: SourceRecord) -> Values:
        said = record.values
        values: Values = {name: said[name] for name in COPIED if name in said}
        if said.get("status"):
            values["status"] = said["status"]
        values.update(self._extra(said.get("extra", {})))
        if "category" in said:
            known = self.scope.names.categories.get(said["category"])
            values["category"] = known.name if known else said["category"]
        values.update(self._people(said))
        values.update(self._lists(said))
        return values

    def _extra(self, extra: Values) -> Values:
        """A column that has become empty says so; a field `extra` holds what fits no column."""
        own = self.scope.own_export
        values: Values = {EXTRA + name: None for name in self._extra_columns}
        rest = _json_object(extra["extra"]) if own and "extra" in extra else None
        if rest is not None:
            extra = {**{name: text for name, text in extra.items() if name != "extra"}, **rest}
        values.update((EXTRA + name, value) for name, value in extra.items())
        return values

    @cached_property
    def _extra_columns(self) -> list[str]:
        """What may stand in `extra`: even a column that has a field keeps there what does not fit.

        In our own export, it is the columns without a field alone.
        """
        columns = [column for column in self.scope.run.mapping if column["how"] != "ignored"]
        if self.scope.own_export:
            return [extra_name(column["column"]) for column in columns if not column["field"]]
        return [column["column"] for column in columns]

    def _people(self, said: Values) -> Values:
        """An owner who is no member stays as text; so does anybody else, in `extra`."""
        values: Values = {}
        for name in PEOPLE:
            address = said.get(name)
            if name not in said:
                continue
            known = self._person(address) if address else None
            values[name] = known
            if address and not known and name != "owner":
                values[EXTRA + self.scope.header_of[name]] = address
        if "owner_name" in said or "owner" in said:
            values.update(self._owner(said, values.get("owner")))
        return values

    def _person(self, address: str) -> str | None:
        people = self.scope.names.people if self.scope.own_export else self.scope.names.members
        known = people.get(address)
        return known.name if known else None

    def _owner(self, said: Values, owner: str | None) -> Values:
        text = said.get("owner_name") or ""
        address = said.get("owner") or ""
        if owner or self.scope.own_export:
            return {"owner_name": text or ("" if owner else address)}
        if member := self.scope.names.member_names.get(text.lower()):
            return {"owner": member, "owner_name": ""}
        return {"owner": None, "owner_name": text or address}

    def _lists(self, said: Values) -> Values:
        values: Values = {}
        if "tags" in said:
            values["tags"] = sorted({" ".join(tag.split()) for tag in said["tags"]})
        if "assets" in said:
            known = ((name, self.scope.names.assets.get(name)) for name in said["assets"])
            values["assets"] = sorted({found.name if found else name for name, found in known})
        if "controls" in said:
            names = {name: self.scope.names.controls.get(name) for name in said["controls"]}
            values["controls"] = sorted({found.name for found in names.values() if found})
            if unknown := [name for name, found in names.items() if not found]:
                values[EXTRA + self.scope.header_of["controls"]] = "; ".join(unknown)
        return values

    # --- How it stands

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        controls = {named.id: name for name, named in self.scope.names.controls.exact.items()}
        found: dict[UUID, Values] = {}
        for batch in self.batched(ids):
            risks = self.rows().filter(pk__in=batch).order_by("pk")
            found.update(current_values(list(risks.values(*VALUE_PATHS)), controls))
        return found

    def settle(self, steps: Sequence[PlannedChange]) -> None:
        """Walk the states as far as the guards allow, and refuse what a risk cannot be."""
        planned = {
            record.identity
            for record in self.scope.records
            if record.model == Mitigation._meta.label_lower
        }
        walker = StatusPlanner(self.scope, steps, planned)
        for step in steps:
            if step.action == RowAction.ERROR:
                continue
            if len(step.values.get("tags", ())) > MAX_TAGS:
                step.fail(f"A risk has at most {MAX_TAGS} tags.", self.scope.header_of["tags"])
                continue
            self.refuse_long_texts(step)
            self._refuse_long_extra(step)
            if step.action == RowAction.ERROR:
                continue
            status = walker.walk(step)
            self._check_assessment(step, status)

    def _refuse_long_extra(self, step: PlannedChange) -> None:
        changed = {name for name in step.changes if name.startswith(EXTRA)}
        extra = {n: v for n, v in {**(step.present or {}), **step.outcome}.items() if v}
        extra = {n.removeprefix(EXTRA): v for n, v in extra.items() if n.startswith(EXTRA)}
        if changed and (error := extra_error(extra)):
            step.fail(error)

    def _check_assessment(self, step: PlannedChange, status: str) -> None:
        for name in RATED:
            if status in states.ASSESSED and name in step.changes and not step.changes[name][1]:
                reason = _keeps_assessment("The risk", status)
                step.fail(reason, self.scope.header_of.get(name))
                return

    # --- Writing

    def made(self, record: SourceRecord) -> Values:
        return {"status": Status.IDENTIFIED.value}

    def create(self, steps: Sequence[PlannedChange]) -> None:
        run = self.scope.run
        number = rows.allocate_numbers(self.scope.organization, "R", len(steps))
        self._meet(step.outcome for step in steps)
        risks = []
        for offset, step in enumerate(steps):
            risk = Risk(
                pk=step.object_id,
                organization=self.scope.organization,
                number=number + offset,
                reference=f"R-{number + offset:04d}",
                source=run.source,
                source_name=run.source_name,
                external_id=step.record.identity,
            )
            self._assign(risk, step.outcome)
            self._rescore(risk)
            risk.priority = scoring.priority(risk.current_score, self._criticalities(step.outcome))
            risks.append(risk)
        Risk.objects.bulk_create(risks, batch_size=BATCH)
        self._link({risk.pk: step.outcome for risk, step in zip(risks, steps, strict=True)})

    def update(self, changes: dict[UUID, Values]) -> None:
        self._meet(changes.values())
        for batch in in_batches(changes):
            found = self.rows().in_bulk(batch)
            before = {pk: decision_basis_of(risk) for pk, risk in found.items()}
            for pk, risk in found.items():
                self._assign(risk, changes[pk])
                self._rescore(risk)
                risk.version += 1
                risk.updated_at = timezone.now()
                if risk.status in states.ASSESSED and risk.inherent_score is None:
                    raise Conflict(_keeps_assessment(risk.reference, risk.status))
            _write(found.values())
            self._link({pk: changes[pk] for pk in batch})
            affected = [pk for pk in batch if changes[pk].keys() & {"assets", *RATINGS}]
            refresh_priority(self.scope.organization, affected)
            self._reopen(found, before)

    def _reopen(self, risks: dict[UUID, Risk], before: dict[UUID, DecisionBasis]) -> None:
        """Decide again about what was approved as less; the actor is the one of the run."""
        approved = Acceptance.objects.filter(risk__in=list(risks), status=AcceptanceStatus.APPROVED)
        for pk in approved.order_by("risk").values_list("risk", flat=True):
            reopen_decision(actor=None, risk=risks[pk], before=before[pk])

    def _meet(self, said: Iterable[Values]) -> None:
        """Look up the people that are about to be written, who need not be members any more."""
        addresses = {values[name] for values in said for name in PEOPLE if values.get(name)}
        self.people = NameIndex(User.objects.filter(email__in=addresses).values_list("pk", "email"))

    def _assign(self, risk: Risk, values: Values) -> None:
        for name, value in values.items():
            if name in TEXTS:
                setattr(risk, name, value or "")
            elif name in TIMES:
                setattr(risk, name, datetime.fromisoformat(value) if value else None)
            elif name in (*PEOPLE, "category"):
                setattr(risk, f"{name}_id", self._named(name, value) if value else None)
            elif name.startswith(EXTRA):
                _set_extra(risk, name.removeprefix(EXTRA), value)
            elif name not in LISTS:
                setattr(risk, name, value)

    def _named(self, field: str, name: str) -> Any:
        """What the column of a relation holds for a name; Conflict where nothing has that name."""
        if field == "tags":
            return name
        names = self.scope.names
        known = {"category": names.categories, "assets": names.assets, "controls": names.controls}
        found = known.get(field, self.people).get(name)
        if found is None:
            raise Conflict(f"There is no {field} '{name}' any more. Make it again, or change it.")
        return found.id

    def _rescore(self, risk: Risk) -> None:
        scoring.rescore(risk, self.matrix)

    def _criticalities(self, values: Values) -> list[str]:
        return [self.criticality[self._named("assets", n)] for n in values.get("assets", ())]

    def _link(self, changes: dict[UUID, Values]) -> None:
        write_links(self.scope.organization, changes, self._named)

    @cached_property
    def matrix(self) -> Matrix:
        return matrix_of(self.scope.organization)

    @cached_property
    def criticality(self) -> dict[UUID, str]:
        assets = Asset.objects.for_organization(self.scope.organization)
        return dict(assets.values_list("pk", "criticality"))

    # --- Undoing

    def attached(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            for model, text in _ATTACHED:
                for row in model.objects.filter(risk__in=batch):
                    yield row.risk_id, row.pk, f"{text} {row}"

    def titles(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        return dict(self.rows().filter(pk__in=list(ids)).values_list("pk", "reference"))


_ATTACHED: tuple[tuple[Any, str], ...] = (
    (Mitigation, "mitigation"),
    (Acceptance, "acceptance:"),
    (Finding, "finding"),
    (RiskProposal, "proposal"),
)
# All that a run can change of a risk, and what follows from it.
_WRITTEN = (
    *("title", "description", "status", "treatment", "owner_name", "extra", "review_interval_days"),
    *("category", "owner", "assignee", "reviewer", "next_review_at", "last_reviewed_at"),
    *(f"{kind}_{part}" for kind in (*scoring.KINDS, "current") for part in _PARTS),
    *("version", "updated_at"),
)


def _write(risks: Iterable[Risk]) -> None:
    """An upsert of rows that exist and are locked: bulk_update() writes a CASE of all rows for
    each of the columns, which is many times as slow."""
    Risk.objects.bulk_create(
        risks, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN
    )


def _set_extra(risk: Risk, name: str, value: Any) -> None:
    if is_blank(value):
        risk.extra.pop(name, None)
    else:
        risk.extra[name] = value


def _keeps_assessment(what: str, status: str) -> str:
    label = Status(status).label.lower()
    return f"{what} is {label} and keeps its inherent likelihood and impact. Fill them in."


def _json_object(text: str) -> Values | None:
    """The object that `text` is, None where it is anything else."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
