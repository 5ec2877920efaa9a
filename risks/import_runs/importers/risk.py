"""Risks: matched by the source's id, moved along the statuses, scored, and linked."""

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
from openrisk.text.names import name_key
from risks import scoring, states
from risks.custom_fields.services import values_of_new_risk
from risks.fields import CUSTOM_PREFIX, LINKS, PEOPLE, RATINGS, Kind, extra_name, field_names
from risks.import_runs.changes import PlannedChange, SourceRecord, Values, is_blank
from risks.import_runs.context import BATCH, in_batches
from risks.import_runs.current_values import (
    EXTRA,
    TEXTS,
    TIMES,
    VALUE_PATHS,
    current_values,
)
from risks.import_runs.importers.base import ModelImporter
from risks.import_runs.name_lookup import NameIndex
from risks.import_runs.status_path import RATED, StatusPlanner
from risks.models import (
    Acceptance,
    Asset,
    Finding,
    Matrix,
    Mitigation,
    Risk,
    RiskProposal,
    RowAction,
    Status,
)
from risks.models.base import format_reference
from risks.services import rows
from risks.services.acceptances import decision_basis_of, reopen_decisions
from risks.services.links import MAX_TAGS, refresh_priority, write_links
from risks.services.matrix import matrix_of

# Fields whose values are copied as they are: no name in them has to be looked up.
COPIED = tuple(
    name
    for name in field_names(
        *(Kind.TEXT, Kind.CHOICE, Kind.RATING, Kind.NUMBER, Kind.TIME, Kind.FIGURE),
        importable=True,
    )
    if name != "owner_name"
)
FIGURES = field_names(Kind.FIGURE)
_PARTS = ("likelihood", "impact", "score", "level")
# All columns that a run can change, and those that follow from them.
_WRITTEN = (
    *field_names(
        *(Kind.TEXT, Kind.CHOICE, Kind.STATUS, Kind.NUMBER, Kind.TIME),
        *(Kind.PERSON, Kind.ROW, Kind.EXTRA, Kind.FIGURE),
        importable=True,
    ),
    "custom_fields",
    *(f"{kind}_{part}" for kind in (*scoring.KINDS, "current") for part in _PARTS),
    *("version", "updated_at"),
)
# Rows that are deleted with a risk, and what they are called.
_DEPENDENTS: tuple[tuple[Any, str], ...] = (
    (Mitigation, "mitigation"),
    (Acceptance, "acceptance:"),
    (Finding, "finding"),
    (RiskProposal, "proposal"),
)


class RiskImporter(ModelImporter):
    model = Risk

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        """By the id that the source gave it; else, for our own export, by its reference."""
        run = self.context.run
        imported = self.queryset().filter(source=run.source, source_name=run.source_name)
        matches = dict(imported.exclude(external_id="").values_list("external_id", "pk"))
        references = {r.identity for r in records if r.identity_kind == "reference"}
        if references:
            for reference, pk in self.queryset().values_list("reference", "pk"):
                if reference in references:
                    matches.setdefault(reference, pk)
        return matches

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        controls = {row.id: name for name, row in self.context.names.controls.exact.items()}
        values: dict[UUID, Values] = {}
        for batch in self.existing_in_batches(ids):
            risks = self.queryset().filter(pk__in=batch).order_by("pk")
            values.update(current_values(list(risks.values(*VALUE_PATHS)), controls))
        return values

    # --- The source's values in our words

    def normalize(self, record: SourceRecord) -> Values:
        given = record.values
        values: Values = {name: given[name] for name in COPIED if name in given}
        if given.get("status"):
            values["status"] = given["status"]
        values.update((n, given[n]) for n in given if n.startswith(CUSTOM_PREFIX))
        values.update(self.extra_values(given.get("extra", {})))
        if "category" in given:
            known = self.context.names.categories.get(given["category"])
            values["category"] = known.name if known else given["category"]
        values.update(self.people_values(given))
        values.update(self.list_values(given))
        return values

    def extra_values(self, extra: Values) -> Values:
        """Values of `extra`: a column that has become empty empties its value.

        In our own export, a column "extra" holds the values that have no column, as JSON.
        """
        values: Values = {EXTRA + name: None for name in self.extra_columns}
        if self.context.is_own_export and "extra" in extra:
            try:
                more = orjson.loads(extra["extra"])
            except orjson.JSONDecodeError:
                more = None
            if isinstance(more, dict):
                extra = {**{name: text for name, text in extra.items() if name != "extra"}, **more}
        values.update((EXTRA + name, value) for name, value in extra.items())
        return values

    @cached_property
    def extra_columns(self) -> list[str]:
        """The columns that may be kept in `extra`.

        In our own export only those without a field; in another register also those with a field,
        for what does not fit it.
        """
        columns = [column for column in self.context.run.mapping if column["how"] != "ignored"]
        if self.context.is_own_export:
            return [extra_name(column["column"]) for column in columns if not column["field"]]
        return [column["column"] for column in columns]

    def people_values(self, given: Values) -> Values:
        """Members by their e-mail address.

        An owner who is not a member remains as text; the address of another person goes to `extra`.
        """
        names = self.context.names
        people = names.people if self.context.is_own_export else names.members
        values: Values = {}
        for field in PEOPLE:
            if field not in given:
                continue
            address = given[field]
            known = people.get(address) if address else None
            values[field] = known.name if known else None
            if address and not known and field != "owner":
                values[EXTRA + self.context.header_of[field]] = address
        if "owner_name" in given or "owner" in given:
            values.update(self.owner_values(given, values.get("owner")))
        return values

    def owner_values(self, given: Values, owner: str | None) -> Values:
        text = given.get("owner_name") or ""
        address = given.get("owner") or ""
        if owner or self.context.is_own_export:
            return {"owner_name": text or ("" if owner else address)}
        if member := self.context.names.member_names.get(name_key(text)):
            return {"owner": member, "owner_name": ""}
        return {"owner": None, "owner_name": text or address}

    def list_values(self, given: Values) -> Values:
        names = self.context.names
        values: Values = {}
        if "tags" in given:
            tags = (" ".join(tag.split()) for tag in given["tags"])
            values["tags"] = sorted({names.tags.setdefault(name_key(tag), tag) for tag in tags})
        if "assets" in given:
            assets = ((name, names.assets.get(name)) for name in given["assets"])
            values["assets"] = sorted({row.name if row else name for name, row in assets})
        if "controls" in given:
            controls = {name: names.controls.get(name) for name in given["controls"]}
            values["controls"] = sorted({row.name for row in controls.values() if row})
            if unknown := [name for name, row in controls.items() if not row]:
                values[EXTRA + self.context.header_of["controls"]] = "; ".join(unknown)
        return values

    # --- Checking

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Move statuses as far as the guards allow, and refuse values that a risk cannot have."""
        with_plan = {
            record.identity
            for record in self.context.records
            if record.model == Mitigation._meta.label_lower
        }
        planner = StatusPlanner(self.context, changes, with_plan)
        for change in changes:
            if change.action == RowAction.ERROR:
                continue
            tags = len(change.values.get("tags", ()))
            if tags > MAX_TAGS:
                change.add_error(
                    f"The risk has {tags} tags; {MAX_TAGS} are allowed. Remove some.",
                    self.context.header_of["tags"],
                )
                continue
            keep_confirmed_ratings(change)
            self.check_scale(change)
            self.check_text_lengths(change)
            check_extra(change)
            if change.action != RowAction.ERROR:
                status = planner.plan_status(change)
                self.check_assessment(change, status)

    def check_scale(self, change: PlannedChange) -> None:
        ratings = {name: change.values.get(name) for name in RATINGS}
        for name, error in self.matrix.rating_problems(ratings).items():
            change.add_error(error, self.context.header_of.get(name))

    def check_assessment(self, change: PlannedChange, status: str) -> None:
        for name in RATED:
            is_cleared = name in change.changes and not change.changes[name][1]
            if is_cleared and states.keeps_assessment(status):
                error = states.keeps_assessment_message(status)
                change.add_error(error, self.context.header_of.get(name))
                return

    # --- Writing

    def create(self, changes: Sequence[PlannedChange]) -> None:
        run = self.context.run
        number = rows.allocate_numbers(self.context.organization, "R", len(changes))
        self.look_up_people(change.new_values for change in changes)
        risks = []
        for offset, change in enumerate(changes):
            risk = Risk(
                pk=change.object_id,
                organization=self.context.organization,
                number=number + offset,
                reference=format_reference("R", number + offset),
                source=run.source,
                source_name=run.source_name,
                external_id=change.record.identity,
                custom_fields=dict(self.custom_defaults),
            )
            self.assign_values(risk, change.new_values)
            scoring.rescore(risk, self.matrix)
            assets = change.new_values.get("assets", ())
            criticalities = [self.criticality[self.resolve("assets", name)] for name in assets]
            risk.priority = scoring.priority(risk.current_score, criticalities)
            risks.append(risk)
        Risk.objects.bulk_create(risks, batch_size=BATCH)
        links = {risk.pk: change.new_values for risk, change in zip(risks, changes, strict=True)}
        write_links(self.context.organization, self.resolve_links(links))

    def update(self, values: dict[UUID, Values]) -> None:
        organization = self.context.organization
        self.look_up_people(values.values())
        for batch in in_batches(values):
            risks = self.queryset().in_bulk(batch)
            before = {pk: decision_basis_of(risk) for pk, risk in risks.items()}
            for pk, risk in risks.items():
                self.assign_values(risk, values[pk])
                ratings = {name: getattr(risk, name) for name in RATINGS}
                for error in self.matrix.rating_problems(ratings).values():  # it got smaller
                    raise Conflict(f"{risk.reference}: {error}")
                scoring.rescore(risk, self.matrix)
                risk.version += 1
                risk.updated_at = timezone.now()
                if error := states.assessment_error(risk, risk.reference):
                    raise Conflict(error)
            # An upsert of rows that exist and are locked: bulk_update() writes a CASE of all rows
            # for each of the columns, which is many times as slow.
            Risk.objects.bulk_create(
                risks.values(), update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN
            )
            write_links(organization, self.resolve_links({pk: values[pk] for pk in batch}))
            rescored = [pk for pk in batch if values[pk].keys() & {"assets", *RATINGS}]
            refresh_priority(organization, rescored)
            # What was approved as less has to be decided again; the actor is the one of the run.
            reopen_decisions(actor=None, risks=risks, before=before)

    def look_up_people(self, values: Iterable[Values]) -> None:
        """Find the people who are about to be written; they need not be members any more."""
        addresses = {given[name] for given in values for name in PEOPLE if given.get(name)}
        self.people = NameIndex(User.objects.filter(email__in=addresses).values_list("pk", "email"))

    def assign_values(self, risk: Risk, values: Values) -> None:
        for name, value in values.items():
            if name in TEXTS:
                setattr(risk, name, value or "")
            elif name in TIMES:
                setattr(risk, name, datetime.fromisoformat(value) if value else None)
            elif name in (*PEOPLE, "category"):
                setattr(risk, f"{name}_id", self.resolve(name, value) if value else None)
            elif name.startswith((EXTRA, CUSTOM_PREFIX)):
                assign_entry(risk, name, value)
            elif name in FIGURES:
                setattr(risk, name, value or {})
            elif name not in LINKS:
                setattr(risk, name, value)

    def resolve_links(self, values: dict[UUID, Values]) -> dict[UUID, dict[str, set[Any]]]:
        """The tags and ids that the names of links mean, by risk and kind."""
        return {
            pk: {
                kind: {self.resolve(kind, name) for name in of_risk[kind] or ()}
                for kind in LINKS
                if kind in of_risk
            }
            for pk, of_risk in values.items()
        }

    def resolve(self, field: str, name: str) -> Any:
        """The value that the column of a relation stores for a name. Raises Conflict if unknown."""
        if field == "tags":
            return name
        names = self.context.names
        indexes = {"category": names.categories, "assets": names.assets, "controls": names.controls}
        row = indexes.get(field, self.people).get(name)
        if row is None:
            raise Conflict(f"'{name}' ({field}) no longer exists. Create it again, then try again.")
        return row.id

    @cached_property
    def custom_defaults(self) -> Values:
        return values_of_new_risk(self.context.organization, None)

    @cached_property
    def matrix(self) -> Matrix:
        return matrix_of(self.context.organization)

    @cached_property
    def criticality(self) -> dict[UUID, str]:
        assets = Asset.objects.for_organization(self.context.organization)
        return dict(assets.values_list("pk", "criticality"))

    # --- Undoing

    def defaults(self, record: SourceRecord) -> Values:
        own = {CUSTOM_PREFIX + key: value for key, value in self.custom_defaults.items()}
        return {"status": Status.IDENTIFIED.value, **own}

    def dependents(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            for model, text in _DEPENDENTS:
                for row in model.objects.filter(risk__in=batch):
                    yield row.risk_id, row.pk, f"{text} {row}"

    def display_names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        return dict(self.queryset().filter(pk__in=list(ids)).values_list("pk", "reference"))


def assign_entry(risk: Risk, name: str, value: Any) -> None:
    """Set or remove one of the values that a risk has as JSON: of a column, or a custom field."""
    is_custom = name.startswith(CUSTOM_PREFIX)
    entries = risk.custom_fields if is_custom else risk.extra
    key = name.removeprefix(CUSTOM_PREFIX if is_custom else EXTRA)
    if is_blank(value):
        entries.pop(key, None)
    else:
        entries[key] = value


def keep_confirmed_ratings(change: PlannedChange) -> None:
    """Let derived ratings replace none that people gave, or confirmed."""
    current = change.current or {}
    derived = dict(change.values.get("derived_ratings") or {})
    for kind in list(derived):
        names = [f"{kind}_{part}" for part in ("likelihood", "impact")]
        was_derived = kind in (current.get("derived_ratings") or {})
        given = [current.get(name) for name in names]
        fits = all(current.get(name) in {None, change.values[name]} for name in names)
        if was_derived or (None in given and fits):
            continue
        change.notes.append(f"The {kind} rating stays: people gave or confirmed it.")
        del derived[kind]
        for name in names:
            change.set_outcome(name, current.get(name), current.get(name))
        before = current.get("derived_ratings") or {}
        change.set_outcome("derived_ratings", before, derived)


def check_extra(change: PlannedChange) -> None:
    """Refuse the row if its values without a field are too many or too long."""
    values = {**(change.current or {}), **change.new_values}
    extra = {
        name.removeprefix(EXTRA): value
        for name, value in values.items()
        if value and name.startswith(EXTRA)
    }
    is_changed = any(name.startswith(EXTRA) for name in change.changes)
    if is_changed and (error := extra_error(extra)):
        change.add_error(error)
