"""Progress of frameworks and of their sections, counted once for all pages."""

from dataclasses import dataclass, field
from typing import Any

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
    rows.sort(key=lambda row: row[1].casefold())
    for pk, name, section, status, number in rows:
        framework = frameworks.setdefault(pk, FrameworkProgress(pk=pk, name=name))
        if number:
            framework.add(status, number)
            framework.sections.setdefault(section, Progress()).add(status, number)
    return frameworks


def count_controls(organization: Organization) -> list[list[Any]]:
    """Return [framework, its name, section, status, number]; of an empty framework with 0."""
    rows = Framework.objects.for_organization(organization).order_by()
    columns = ("pk", "name", "edition", "controls__section", "controls__status")
    counted = rows.values_list(*columns).annotate(Count("controls"))
    return sorted(
        [str(pk), f"{name} {edition}".strip(), section or "", status or "", number]
        for pk, name, edition, section, status, number in counted
    )
