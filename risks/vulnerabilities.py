"""Facts of feeds about CVEs, kept so that findings which come later are marked at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openrisk.accounts.models import Organization
from risks.models import ImportRun, RunStatus, VulnerabilityFacts


def cves_of(rule: str, cves: Iterable[str]) -> list[str]:
    """The CVEs that a finding is about: its rule may be one, and it may name others."""
    named = {rule} if rule.startswith("CVE-") else set()
    return sorted(named | set(cves))


def split_cve(cve: str) -> tuple[int, str]:
    """Year and number; (0, "") if it is not a CVE."""
    _, year, number = (*cve.split("-", 2), "", "")[:3]
    return (int(year), number) if year.isdecimal() and len(year) == 4 else (0, "")


@dataclass
class FeedFacts:
    """The facts of one report of a feed, by the year and number of the CVE."""

    epss: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    exploited: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, cve: str, *, epss: str | None = None, exploited: str | None = None) -> None:
        """`exploited` is the reason, or None if the report does not list it."""
        year, number = split_cve(cve)
        if epss is not None:
            self.epss[year][number] = epss
        if exploited is not None:
            self.exploited[year][number] = exploited

    def is_exploited(self, cve: str) -> bool:
        year, number = split_cve(cve)
        return number in self.exploited.get(year, {})


def store_facts(run: ImportRun, facts: FeedFacts) -> None:
    """Keep what a run of a feed has read. It holds once the run is applied."""
    VulnerabilityFacts.objects.bulk_create(
        VulnerabilityFacts(
            organization=run.organization,
            run=run,
            year=year,
            epss=facts.epss.get(year, {}),
            exploited=facts.exploited.get(year, {}),
        )
        for year in sorted({*facts.epss, *facts.exploited} - {0})
    )


def forget_outdated_facts(run: ImportRun) -> None:
    """Delete the facts of the source of `run`, but for those of the latest two applied runs.

    The last but one holds again if the last is undone.
    """
    runs = ImportRun.objects.for_organization(run.organization).filter(
        source=run.source, source_name=run.source_name
    )
    with_facts = runs.filter(vulnerability_facts__isnull=False, status=RunStatus.APPLIED).distinct()
    latest = list(with_facts.order_by("-applied_at").values_list("pk", flat=True)[:2])
    VulnerabilityFacts.objects.filter(run__in=runs).exclude(run__in=latest).delete()


def forget_facts_of(organization: Organization, source: str, source_name: str) -> None:
    """Delete the facts of a source, e.g. because its app is uninstalled."""
    facts = VulnerabilityFacts.objects.for_organization(organization)
    facts.filter(run__source=source, run__source_name=source_name).delete()


class KnownVulnerabilities:
    """The facts that hold now: of each source those of its latest applied run.

    They are read a year at a time, when they are asked for, and kept.
    """

    def __init__(self, organization: Organization, source_name: str = "") -> None:
        """`source_name` limits them to one source."""
        runs = ImportRun.objects.for_organization(organization).filter(
            status=RunStatus.APPLIED, vulnerability_facts__isnull=False
        )
        if source_name:
            runs = runs.filter(source_name=source_name)
        latest = runs.distinct().order_by("applied_at", "pk")
        self._runs = list(dict(latest.values_list("source_name", "pk")).values())
        self._years: dict[int, list[Any]] = {}

    def _facts_of(self, year: int) -> list[Any]:
        if self._runs and year not in self._years:
            rows = VulnerabilityFacts.objects.filter(run__in=self._runs, year=year)
            found = rows.order_by("run__applied_at", "pk").values_list("epss", "exploited")
            self._years[year] = list(found)
        return self._years.get(year, [])

    def find_epss(self, cves: Iterable[str]) -> str | None:
        """The highest score of these CVEs, or None."""
        scores = []
        for cve in cves:
            year, number = split_cve(cve)
            known = [epss[number] for epss, _ in self._facts_of(year) if number in epss]
            scores += known[-1:]  # of the source that ran last
        return max(scores, key=float, default=None)

    def find_exploited(self, cves: Iterable[str]) -> tuple[str, str] | None:
        """The first of these CVEs that is known to be exploited, and the reason."""
        for cve in cves:
            year, number = split_cve(cve)
            for _, exploited in self._facts_of(year):
                if number in exploited:
                    return cve, exploited[number]
        return None

    def marks_of(self, cves: Iterable[str]) -> Mapping[str, Any]:
        """The fields that a finding of these CVEs gets, where there is something to say."""
        cves = list(cves)
        marks: dict[str, Any] = {}
        if self.find_exploited(cves):
            marks["known_exploited"] = True
        if epss := self.find_epss(cves):
            marks["epss"] = epss
        return marks
