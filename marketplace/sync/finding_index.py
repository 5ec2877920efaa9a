"""Findings by the vulnerabilities that they are about."""

from functools import cached_property
from uuid import UUID

from django.db.models import Q

from openrisk.accounts.models import Organization
from risks.models import Finding
from risks.vulnerabilities import cves_of


class FindingIndex:
    """Read once, and only if asked: a feed lists many more CVEs than there are findings."""

    def __init__(self, organization: Organization) -> None:
        self.findings = Finding.objects.for_organization(organization).order_by("pk")

    @cached_property
    def cves(self) -> dict[UUID, list[str]]:
        """The CVEs of each finding that has any."""
        about_cves = self.findings.filter(Q(rule__startswith="CVE-") | ~Q(cves=[]))
        rows = about_cves.values_list("pk", "rule", "cves")
        return {pk: cves_of(rule, cves) for pk, rule, cves in rows}

    @cached_property
    def by_cve(self) -> dict[str, list[UUID]]:
        by_cve: dict[str, list[UUID]] = {}
        for pk, cves in self.cves.items():
            for cve in cves:
                by_cve.setdefault(cve, []).append(pk)
        return by_cve

    @cached_property
    def by_other_rule(self) -> dict[str, list[UUID]]:
        """Findings in components whose rule is not a CVE, e.g. GHSA-jfh8-c2jp-5v3q."""
        by_rule: dict[str, list[UUID]] = {}
        rows = self.findings.exclude(rule__startswith="CVE-").exclude(components=[])
        for pk, rule in rows.values_list("pk", "rule"):
            by_rule.setdefault(rule, []).append(pk)
        return by_rule

    def find(self, vulnerability: str) -> list[UUID]:
        """The findings of a CVE, or of what another database calls it."""
        by_cve = self.by_cve.get(vulnerability, [])
        return by_cve or self.by_other_rule.get(vulnerability, [])
