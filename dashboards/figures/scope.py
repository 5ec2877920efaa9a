"""The part of a register that a figure covers, and the day that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Aggregate, DateTimeField, F, Min, Q, QuerySet, Value
from django.db.models.functions import Greatest, TruncDate
from django.urls import reverse
from django.utils import timezone

from openrisk.accounts.models import Membership, Organization
from openrisk.errors import InvalidParameters
from openrisk.text.names import name_key
from risks.models import (
    Asset,
    Category,
    ControlChange,
    MitigationChange,
    RiskAsset,
    RiskTag,
    ScoreChange,
    Status,
)
from risks.querysets import LedgerQuerySet, valid_at

FILTERS = ("category", "owner", "tag", "asset")


@dataclass(frozen=True)
class FigureScope:
    """The risks of `organization` that match the filters, at the end of the day `as_of` (UTC).

    Without `as_of`: now. Category and owner are those that a risk had then; tags and assets are
    linked as they are today.
    """

    organization: Organization
    as_of: date | None = None
    category: UUID | None = None
    owner: UUID | None = None
    tag: str | None = None
    asset: UUID | None = None

    # --- The day ------------------------------------------------------------------------------
    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def is_past(self) -> bool:
        return self.as_of is not None and self.as_of < self.now.date()

    @property
    def day(self) -> date:
        return self.as_of or self.now.date()

    @property
    def moment(self) -> datetime:
        """The last instant of a past day, or now."""
        return end_of_day(self.day) if self.is_past else self.now

    def days_earlier(self, days: int) -> "FigureScope":
        return replace(self, as_of=self.day - timedelta(days=days))

    def period_start(self, days: int) -> datetime:
        """Return when the period of `days` days began that ends with the scope's day."""
        return start_of_day(self.last_days(days)[0])

    def last_days(self, days: int) -> list[date]:
        """Return the days of that period, the scope's day last."""
        return [self.day - timedelta(days=ago) for ago in reversed(range(days))]

    # --- The rows -----------------------------------------------------------------------------
    @property
    def filters(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in FILTERS}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def valid_then(self) -> Q:
        """The condition on rows of a ledger that were valid at the scope's moment."""
        return valid_at(self.moment if self.is_past else None)

    def risks(self) -> LedgerQuerySet:
        """Return the ledger's rows that were valid then: one for each risk that there was."""
        return self.filter_risks(ScoreChange.objects.filter(self.valid_then))

    def mitigations(self) -> LedgerQuerySet:
        """Return the same of mitigations; the filters are about their risks."""
        return self.filter_mitigations(MitigationChange.objects.filter(self.valid_then))

    def controls(self) -> LedgerQuerySet:
        """Return the same of controls, to which the filters do not apply."""
        rows: LedgerQuerySet = ControlChange.objects.for_organization(self.organization)
        return rows.filter(self.valid_then)

    def filter_risks(self, rows: LedgerQuerySet) -> LedgerQuerySet:
        """Leave the rows of the score ledger that match the filters, at any time."""
        rows = rows.for_organization(self.organization)
        for name in ("category", "owner"):
            if (value := getattr(self, name)) is not None:
                rows = rows.filter(**{f"{name}_id": value})
        if self.tag is not None:
            tags = RiskTag.objects.for_organization(self.organization)
            tagged = tags.filter(name_key=name_key(self.tag))
            rows = rows.filter(risk__in=tagged.values("risk"))
        if self.asset is not None:
            linked = RiskAsset.objects.for_organization(self.organization).filter(asset=self.asset)
            rows = rows.filter(risk__in=linked.values("risk"))
        return rows

    def filter_mitigations(self, rows: LedgerQuerySet) -> LedgerQuerySet:
        """Leave the rows of the mitigation ledger that figures count, at any time.

        Those of risks that match the filters and were not drafts then; of the mitigations of today
        `MitigationQuerySet.without_draft_risks` leaves the same.
        """
        rows = rows.for_organization(self.organization)
        if self.filters:
            return rows.filter(risk__in=self.risks().exclude(status=Status.DRAFT).values("risk"))
        drafts = ScoreChange.objects.for_organization(self.organization).filter(
            self.valid_then, status=Status.DRAFT
        )
        return rows.exclude(risk__in=drafts.values("risk"))

    # --- The lists that figures open ------------------------------------------------------------
    def list_query(self, filters: Mapping[str, Any] | None) -> str | None:
        """Return the parameters of the list whose rows a figure counts. None for a past day:
        lists show today only."""
        if filters is None or self.is_past:
            return None
        return urlencode({**filters, **self.filters})

    def list_url(self, filters: Mapping[str, Any] | None, name: str = "risks") -> str | None:
        """Return the address of that list in the API."""
        query = self.list_query(filters)
        return None if query is None else reverse(f"{name}-list") + (query and f"?{query}")

    # --- Errors -------------------------------------------------------------------------------
    def check_parameters(self) -> None:
        """Raise InvalidParameters if a filter or the day is the reason that nothing was found.

        Called only then, so that the usual answer costs no query more.
        """
        owned = {"category": Category, "asset": Asset}
        for name, value in self.filters.items():
            rows: QuerySet[Any]
            if name in owned:
                rows = owned[name].objects.for_organization(self.organization).filter(pk=value)
            elif name == "owner":
                rows = Membership.objects.filter(organization=self.organization, user=value)
            else:
                continue  # any text may be a tag
            if not rows.exists():
                reason = f"There is no such {name} in your organization: {value}."
                raise InvalidParameters({name: [reason]})
        if self.as_of is None:
            return
        ledger = ScoreChange.objects.for_organization(self.organization)
        first = ledger.aggregate(first=Min("at"))["first"]
        if first is not None and self.as_of < first.date():
            reason = f"The register begins on {first.date()}. Ask for a day from then on."
            raise InvalidParameters({"as_of": [reason]})


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def end_of_day(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)


def changes_by_day(
    rows: LedgerQuerySet, column: str, days: list[date], **sums: Aggregate
) -> LedgerQuerySet:
    """Return (day, value of `column`, sign, *sums) for what changed on each of `days`.

    The sign is 1 for rows that became valid on that day and -1 for rows that ended. What changed
    before the first day counts for the first day, so adding up gives the state at each day's end.
    """
    first = Value(start_of_day(days[0]), output_field=DateTimeField())
    began, ended = (
        rows.filter(**{f"{moment}__lte": end_of_day(days[-1])})
        .order_by()
        .values_list(TruncDate(Greatest(F(moment), first)), column, Value(sign))
        .annotate(**sums)
        for moment, sign in (("at", 1), ("until", -1))
    )
    return began.union(ended, all=True)
