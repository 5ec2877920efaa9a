"""Which part of a register a figure is about, and how it stood when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone

from openrisk.accounts.models import Membership, Organization
from openrisk.errors import InvalidParameters
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
    """The risks of `organization` that the filters leave, at the end of the day `as_of` (UTC).

    Without `as_of`: now. Category and owner are those that a risk had then; tags and assets are
    linked as they are today.
    """

    organization: Organization
    as_of: date | None = None
    category: UUID | None = None
    owner: UUID | None = None
    tag: str | None = None
    asset: UUID | None = None

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
        """What counts as "by then": the last instant of a past day, or now."""
        return end_of(self.day) if self.is_past else self.now

    @property
    def filters(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in FILTERS}
        return {name: value for name, value in given.items() if value is not None}

    def before(self, days: int) -> "FigureScope":
        """The same, so many days earlier."""
        return replace(self, as_of=self.day - timedelta(days=days))

    def of(self, rows: LedgerQuerySet) -> LedgerQuerySet:
        """Those of `rows` (of the score ledger) that the filters leave, at any time."""
        rows = rows.for_organization(self.organization)
        for name in ("category", "owner"):
            if (value := getattr(self, name)) is not None:
                rows = rows.filter(**{f"{name}_id": value})
        if self.tag is not None:
            tagged = RiskTag.objects.for_organization(self.organization).filter(name=self.tag)
            rows = rows.filter(risk__in=tagged.values("risk"))
        if self.asset is not None:
            linked = RiskAsset.objects.for_organization(self.organization).filter(asset=self.asset)
            rows = rows.filter(risk__in=linked.values("risk"))
        return rows

    def risks(self) -> LedgerQuerySet:
        """The ledger's rows that stood then: one for each risk that there was."""
        return self.of(self._stood(ScoreChange.objects.all()))

    def mitigations(self) -> LedgerQuerySet:
        """The same of mitigations; the filters are about their risks."""
        return self.of_risks(self._stood(MitigationChange.objects.all()))

    def of_risks(self, rows: LedgerQuerySet) -> LedgerQuerySet:
        """Those of `rows` (of the ledger of mitigations) that count, at any time: of risks that
        the filters leave and that were no drafts then, as `MitigationQuerySet.counted` says it."""
        rows = rows.for_organization(self.organization)
        if self.filters:
            return rows.filter(risk__in=self.risks().exclude(status=Status.DRAFT).values("risk"))
        standing = self._stood(ScoreChange.objects.for_organization(self.organization))
        return rows.exclude(risk__in=standing.filter(status=Status.DRAFT).values("risk"))

    def controls(self) -> LedgerQuerySet:
        """The same of controls, which the filters are not about."""
        return self._stood(ControlChange.objects.for_organization(self.organization))

    @property
    def stood(self) -> Q:
        """Of a ledger's rows, those that stood then."""
        return valid_at(self.moment if self.is_past else None)

    def _stood(self, rows: Any) -> LedgerQuerySet:
        return rows.filter(self.stood)

    def query(self, filters: Mapping[str, Any] | None) -> str | None:
        """The parameters of the list whose rows a figure counts; lists show today only."""
        if filters is None or self.is_past:
            return None
        return urlencode({**filters, **self.filters})

    def url(self, filters: Mapping[str, Any] | None, name: str = "risks") -> str | None:
        """That list in the API."""
        query = self.query(filters)
        return None if query is None else reverse(f"{name}-list") + (query and f"?{query}")

    def explain_empty(self) -> None:
        """Called when nothing is there: an error if that is because of what was asked."""
        known = {
            "category": lambda pk: self._owned(Category, pk),
            "asset": lambda pk: self._owned(Asset, pk),
            "owner": lambda pk: Membership.objects.filter(
                organization=self.organization, user=pk
            ).exists(),
        }
        for name, exists in known.items():
            value = getattr(self, name)
            if value is not None and not exists(value):
                raise InvalidParameters(
                    {name: [f"There is no such {name} in your organization: {value}."]}
                )
        if self.as_of is None:
            return
        rows = ScoreChange.objects.for_organization(self.organization)
        first = rows.aggregate(first=Min("at"))["first"]
        if first is not None and self.as_of < first.date():
            raise InvalidParameters(
                {"as_of": [f"The register begins on {first.date()}. Ask for a day from then on."]}
            )

    def _owned(self, model: Any, pk: UUID) -> bool:
        return model.objects.for_organization(self.organization).filter(pk=pk).exists()


def end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)


def start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
