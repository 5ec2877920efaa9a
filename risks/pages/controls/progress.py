"""Progress of frameworks and of their sections, counted once for all pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from openrisk.accounts.models import Organization
from openrisk.caching.decorators import get_or_compute
from risks.models import Control, ControlStatus, Framework


@dataclass
class Progress:
    """Numbers of controls by status."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, status: str, number: int) -> None:
        self.counts[status] = self.counts.get(status, 0) + number

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def implemented(self) -> int:
        return self.counts.get(ControlStatus.IMPLEMENTED, 0)

    @property
    def in_progress(self) -> int:
        return self.counts.get(ControlStatus.IN_PROGRESS, 0)

    @property
    def not_applicable(self) -> int:
        return self.counts.get(ControlStatus.NOT_APPLICABLE, 0)

    @property
    def applicable(self) -> int:
        return self.total - self.not_applicable

    @property
    def percent(self) -> int | None:
        """Return the share of the applicable ones that is implemented; None without any."""
        return 100 * self.implemented // self.applicable if self.applicable else None


@dataclass
class FrameworkProgress(Progress):
    """A framework with its name, and the progress of each of its sections."""

    pk: str = ""
    name: str = ""
    sections: dict[str, Progress] = field(default_factory=dict)


def load_progress(organization: Organization) -> dict[str, FrameworkProgress]:
    """Return the progress of the frameworks by their ids, the names in order."""
    rows: list[list[Any]] = get_or_compute(
        "control progress",
        lambda: count_controls(organization),
        reads=(Control, Framework),
        organization_id=organization.pk,
        ttl=settings.CACHE_TTL_RISKS,
    )
    frameworks: dict[str, FrameworkProgress] = {}
    for pk, name, section, status, number in rows:
        framework = frameworks.setdefault(pk, FrameworkProgress(pk=pk, name=name))
        if number:
            framework.add(status, number)
            framework.sections.setdefault(section, Progress()).add(status, number)
    return frameworks


def count_controls(organization: Organization) -> list[list[Any]]:
    """Return [framework, its name, section, status, number]; of an empty framework with 0."""
    frameworks = list(Framework.objects.for_organization(organization))
    counted: dict[UUID, list[Any]] = {framework.pk: [] for framework in frameworks}
    rows = Control.objects.filter(framework__in=list(counted)).order_by()
    for pk, *counts in rows.values_list("framework", "section", "status").annotate(Count("pk")):
        counted[pk].append(counts)
    return [
        [str(framework.pk), str(framework), *counts]
        for framework in sorted(frameworks, key=lambda row: str(row).casefold())
        for counts in counted[framework.pk] or [["", "", 0]]
    ]


def total_of(frameworks: Iterable[Progress]) -> Progress:
    """Return the numbers of several frameworks together."""
    total = Progress()
    for framework in frameworks:
        for status, number in framework.counts.items():
            total.add(status, number)
    return total
