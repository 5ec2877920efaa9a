"""What the address of a page says: which day, which period, which part of the register."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from dashboards.api.serializers import PeriodParameters
from dashboards.figures.scope import Scope
from dashboards.figures.stats import PERIODS, USUAL_PERIOD
from openrisk.accounts.models import Organization
from openrisk.caching.decorators import get_or_compute
from openrisk.errors import InvalidParameters
from openrisk.pages.guards import MemberRequest

PERIOD_WORDS = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "365d": "a year"}
assert PERIOD_WORDS.keys() == PERIODS.keys()  # noqa: S101


class BadAddress(Exception):
    """The address asks for something that is not there; the message says what to do."""


@dataclass(frozen=True)
class Asked:
    """A page's scope and period, and what its links carry on."""

    scope: Scope
    period: str

    @property
    def query(self) -> dict[str, Any]:
        """Of this page, without what is usual."""
        query = {name: str(value) for name, value in self.scope.filters.items()}
        if self.scope.is_past:
            query["as_of"] = self.scope.day.isoformat()
        if self.period != USUAL_PERIOD:
            query["period"] = self.period
        return query

    def figures(self, name: str, compute: Any, reads: tuple[Any, ...]) -> dict[str, Any]:
        """`compute(scope, period)` as the API would write it, cached, with `computed_at`.

        Raises BadAddress for what is not there.
        """

        def computed() -> dict[str, Any]:
            return {**compute(self.scope, self.period), "computed_at": timezone.now()}

        asked = sorted({**self.query, "period": self.period}.items())
        slug = self.scope.organization.slug  # the addresses in it name the organization
        try:
            found: dict[str, Any] = get_or_compute(
                f"dashboards page {name} {slug} {asked}",
                computed,
                reads=reads,
                organization_id=self.scope.organization.pk,
                ttl=settings.CACHE_TTL_DASHBOARDS,
                clock="minute",
            )
        except InvalidParameters as error:
            raise BadAddress(in_words(error)) from None
        return found | {"computed_at": _moment(found["computed_at"])}


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def asked(request: MemberRequest) -> Asked:
    """Raises BadAddress."""
    return asked_by(request.GET, request.membership.organization)


def asked_by(query: QueryDict, organization: Organization) -> Asked:
    """Raises BadAddress. An empty field of a form is one that is not given."""
    given = query.copy()
    for name in [name for name, value in given.items() if not value]:
        del given[name]
    try:
        scope, others = PeriodParameters.read(given, organization)
    except InvalidParameters as error:
        raise BadAddress(in_words(error)) from None
    return Asked(scope, others["period"])


def in_words(error: InvalidParameters) -> str:
    """The first thing that is wrong with a query: "as_of: ..."."""
    return error.reasons[0]
