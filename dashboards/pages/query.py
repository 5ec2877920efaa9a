"""The address of a page of figures: its day, its period and its part of the register."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from dashboards.api.serializers import PeriodParameters
from dashboards.figures.scope import FigureScope
from dashboards.models import Board
from dashboards.periods import DEFAULT_PERIOD
from openrisk.accounts.models import Organization
from openrisk.caching.decorators import get_or_compute


@dataclass(frozen=True)
class PageQuery:
    """The scope and the period of a page."""

    scope: FigureScope
    period: str

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the page's address, without those that have their default."""
        parameters = {name: str(value) for name, value in self.scope.filters.items()}
        if self.scope.is_past:
            parameters["as_of"] = self.scope.day.isoformat()
        if self.period != DEFAULT_PERIOD:
            parameters["period"] = self.period
        return parameters

    def cached_figures(
        self,
        name: str,
        compute: Callable[[FigureScope, str], dict[str, Any]],
        reads: tuple[Any, ...],
    ) -> dict[str, Any]:
        """Return `compute(scope, period)` as the API would write it, cached, with `computed_at`.

        Raises InvalidParameters for what the scope's organization does not have.
        """

        def compute_now() -> dict[str, Any]:
            return {**compute(self.scope, self.period), "computed_at": timezone.now()}

        parameters = sorted({**self.parameters, "period": self.period}.items())
        slug = self.scope.organization.slug  # the addresses in the figures have it
        figures: dict[str, Any] = get_or_compute(
            f"dashboards page {name} {slug} {parameters}",
            compute_now,
            reads=reads,
            organization_id=self.scope.organization.pk,
            ttl=settings.CACHE_TTL_DASHBOARDS,
            clock="minute",
        )
        computed_at = figures["computed_at"]
        if isinstance(computed_at, str):
            computed_at = datetime.fromisoformat(computed_at)
        return figures | {"computed_at": computed_at}


def parse_query(parameters: QueryDict, organization: Organization) -> PageQuery:
    """Parse the parameters of an address. Raises InvalidParameters.

    An empty value is ignored: forms send fields that were left empty.
    """
    filled = parameters.copy()
    for name in [name for name, value in filled.items() if not value]:
        del filled[name]
    scope, others = PeriodParameters.parse(filled, organization)
    return PageQuery(scope, others["period"])


def parse_board_query(board: Board, parameters: Mapping[str, str]) -> PageQuery:
    """Parse the filters that are saved with a board, which `parameters` override."""
    query = QueryDict(mutable=True)
    query.update({**board.filters, **parameters})
    return parse_query(query, board.organization)
