"""What the address of a page says: which day, which period, which part of the register."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from dashboards.api.serializers import PeriodParameters
from dashboards.figures.scope import FigureScope
from dashboards.figures.stats import DEFAULT_PERIOD, PERIODS
from openrisk.accounts.models import Organization
from openrisk.caching.decorators import get_or_compute
from openrisk.errors import InvalidParameters
from openrisk.pages.guards import MemberRequest

PERIOD_LABELS = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "365d": "a year"}
assert PERIOD_LABELS.keys() == PERIODS.keys()  # noqa: S101


class InvalidQuery(Exception):
    """The address asks for something that is not there; the message says what to do."""


@dataclass(frozen=True)
class PageQuery:
    """A page's scope and period, and what its links carry on."""

    scope: FigureScope
    period: str

    @property
    def query(self) -> dict[str, Any]:
        """Of this page, without what is usual."""
        query = {name: str(value) for name, value in self.scope.filters.items()}
        if self.scope.is_past:
            query["as_of"] = self.scope.day.isoformat()
        if self.period != DEFAULT_PERIOD:
            query["period"] = self.period
        return query

    def figures(self, name: str, compute: Any, reads: tuple[Any, ...]) -> dict[str, Any]:
        """`compute(scope, period)` as the API would write it, cached, with `computed_at`.

        Raises BadAddress for what is not there.
        """

        def computed() -> dict[str, Any]:
            return {**compute(self.scope, self.period), "computed_at": timezone.now()}

        values = sorted({**self.query, "period": self.period}.items())
        slug = self.scope.organization.slug  # the addresses in it name the organization
        try:
            found: dict[str, Any] = get_or_compute(
                f"dashboards page {name} {slug} {values}",
                computed,
                reads=reads,
                organization_id=self.scope.organization.pk,
                ttl=settings.CACHE_TTL_DASHBOARDS,
                clock="minute",
            )
        except InvalidParameters as error:
            raise InvalidQuery(first_error(error)) from None
        return found | {"computed_at": _moment(found["computed_at"])}


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def parse_request(request: MemberRequest) -> PageQuery:
    """Raises BadAddress."""
    return parse_query(request.GET, request.membership.organization)


def parse_query(query: QueryDict, organization: Organization) -> PageQuery:
    """Raises BadAddress. An empty field of a form is one that is not given."""
    given = query.copy()
    for name in [name for name, value in given.items() if not value]:
        del given[name]
    try:
        scope, others = PeriodParameters.read(given, organization)
    except InvalidParameters as error:
        raise InvalidQuery(first_error(error)) from None
    return PageQuery(scope, others["period"])


def first_error(error: InvalidParameters) -> str:
    """The first thing that is wrong with a query: "as_of: ..."."""
    return error.reasons[0]
