"""What feeds know about CVEs."""

import pytest
from django.utils import timezone

from risks.models import ImportRun, RunStatus, Source
from risks.vulnerabilities import FeedFacts, KnownVulnerabilities, cves_of, split_cve, store_facts

LOG4J = "CVE-2021-44228"


@pytest.fixture
def feed(organization):
    def feed(name="KEV", **facts):
        run = ImportRun.objects.create(
            organization=organization, source=Source.CONNECTOR, source_name=name,
            status=RunStatus.APPLIED, applied_at=timezone.now(),
        )  # fmt: skip
        given = FeedFacts()
        given.add(LOG4J, **facts)
        store_facts(run, given)

    return feed


@pytest.mark.parametrize(
    ("cve", "parts"),
    [(LOG4J, (2021, "44228")), ("CVE-", (0, "")), ("GHSA-1", (0, "")), ("CVE-²021-1", (0, ""))],
)
def test_a_cve_is_a_year_and_a_number(cve, parts):
    assert split_cve(cve) == parts


def test_a_finding_is_about_its_rule_and_the_cves_it_names():
    assert cves_of(LOG4J, ["CVE-2021-1"]) == ["CVE-2021-1", LOG4J]
    assert cves_of("R1", []) == []


@pytest.mark.django_db
def test_each_source_has_its_say_and_its_last_report_counts(organization, feed):
    feed("EPSS", epss="0.1")
    feed("EPSS", epss="0.2")
    feed("KEV", exploited="Exploited.")
    known = KnownVulnerabilities(organization)
    assert known.marks_of([LOG4J, "CVE-1999-1"]) == {"known_exploited": True, "epss": "0.2"}
    assert known.find_exploited([LOG4J]) == (LOG4J, "Exploited.")
    assert KnownVulnerabilities(organization, "EPSS").marks_of([LOG4J]) == {"epss": "0.2"}


@pytest.mark.django_db
def test_of_nothing_known_there_are_no_marks(organization, other_organization, feed):
    feed(exploited="Exploited.")
    assert KnownVulnerabilities(organization).marks_of(["CVE-2021-1"]) == {}
    assert KnownVulnerabilities(other_organization).marks_of([LOG4J]) == {}
