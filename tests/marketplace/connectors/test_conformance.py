"""Every connector that reads, held against the kit."""

from pathlib import Path

import pytest

from marketplace.connectors.base import Capability
from marketplace.registry import available_connectors
from tests.marketplace.conformance import Conformance

ROOT = Path(__file__).resolve().parents[3]


class TestTrivy(Conformance):
    slug, report = "trivy", "trivy.json"


@pytest.mark.once
class TestSarif(Conformance):
    slug, report = "sarif", "sarif.json"
    configuration = {"asset": "shop"}


@pytest.mark.once
class TestNessus(Conformance):
    slug, report = "nessus", "nessus.xml"


@pytest.mark.once
class TestOpenVas(Conformance):
    slug, report = "openvas", "openvas.xml"


@pytest.mark.once
class TestNessusCsv(Conformance):
    slug, report = "nessus", "nessus.csv"


@pytest.mark.once
class TestOpenVasCsv(Conformance):
    slug, report = "openvas", "openvas.csv"


@pytest.mark.once
class TestGrype(Conformance):
    slug, report = "grype", "grype.json"


@pytest.mark.once
class TestOsvScanner(Conformance):
    slug, report = "osv-scanner", "osv-scanner.json"
    configuration = {"asset": "shop"}


@pytest.mark.once
class TestSemgrep(Conformance):
    slug, report = "semgrep", "semgrep.json"
    configuration = {"asset": "shop"}


@pytest.mark.once
class TestZap(Conformance):
    slug, report = "zap", "zap.json"


@pytest.mark.once
class TestGitHub(Conformance):
    slug, report = "github", "github.json"


@pytest.mark.once
class TestGitLab(Conformance):
    slug, report = "gitlab", "gitlab.json"
    configuration = {"asset": "shop"}


class TestCisaKev(Conformance):
    slug, report = "cisa-kev", "cisa-kev.json"
    needs_findings = ("CVE-2021-44228",)


@pytest.mark.once
class TestEpss(Conformance):
    slug, report = "epss", "epss.csv"
    needs_findings = ("CVE-2021-44228",)


class TestOscal(Conformance):
    slug, report = "oscal", "oscal.json"


@pytest.mark.once
class TestCycloneDxJson(Conformance):
    slug, report = "cyclonedx", "cyclonedx.json"


@pytest.mark.once
class TestCycloneDxXml(Conformance):
    slug, report = "cyclonedx", "cyclonedx.xml"


class TestRegister(Conformance):
    slug, report = "register", "register.csv"


@pytest.mark.once
class TestJsonFeed(Conformance):
    slug, report = "json-feed", "json-feed.json"
    configuration = {
        "kind": "findings",
        "tool": "Watcher",
        "items": "data.alerts",
        "mapping": {"rule": "check.id", "title": "name", "severity": "level", "asset": "host"},
    }


def test_every_connector_that_reads_is_held_against_the_kit():
    tested = {kind.slug for kind in Conformance.__subclasses__()}
    reading = {
        c.slug
        for c in available_connectors().values()
        if Capability.NOTIFICATION not in c.capabilities
    }
    assert reading == tested


def test_the_document_lists_every_scanner():
    text = (ROOT / "docs" / "marketplace.md").read_text()
    scanners = [c.name for c in available_connectors().values() if c.category == "security"]
    feeds = ("CISA Known Exploited Vulnerabilities", "EPSS")
    assert [name for name in scanners if name not in feeds and f"| {name} |" not in text] == []
