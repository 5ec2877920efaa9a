"""Reports and catalogues that nobody here wrote, through the whole platform."""

import gzip
import json
import re

import pytest

from marketplace.connectors.items import FindingItem
from marketplace.models import SyncStatus
from risks.models import Control, Finding
from tests.conftest import SHARED_DATA
from tests.marketplace.conformance import installed, upload
from tests.marketplace.connectors.reading_reports import read
from tests.risks.factories import make_finding

SCANNERS, CATALOGS = SHARED_DATA / "scanners", SHARED_DATA / "catalogs"
KEV = CATALOGS / "cisa-kev-2025-08-25.json"


def report(path):
    if not path.exists():
        pytest.skip(f"{path.name} is not here: the folder of real data is no part of the project")
    return path


def _sarif(text):
    return sum(len(run["results"]) for run in json.loads(text)["runs"])


def _trivy(text):
    """Each vulnerability, and each misconfiguration, that stands anywhere in the report."""
    return len(re.findall(r'"VulnerabilityID"', text)) + len(re.findall(r'"Status": "FAIL"', text))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "path", "expected"),
    [
        ("trivy", SCANNERS / "trivy-image.json", _trivy),
        ("trivy", SCANNERS / "trivy-kubernetes.json", _trivy),
        ("sarif", SCANNERS / "sarif-appendix-k.sarif", _sarif),
        ("sarif", SCANNERS / "spotbugs.sarif", _sarif),
        ("nessus", SCANNERS / "nessus-many.xml", lambda text: text.count("<ReportItem ")),
        ("openvas", SCANNERS / "openvas-many.xml", lambda text: text.count("<result ")),
        (
            "cyclonedx",
            SCANNERS / "cyclonedx-log4j.json",
            lambda text: len(json.loads(text)["vulnerabilities"]),
        ),
        (
            "cyclonedx",
            SCANNERS / "cyclonedx-vulnerability-1.4.json",
            lambda text: len(json.loads(text)["vulnerabilities"]),
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_scanners_report_is_taken_over_whole_and_once(organization, admin, slug, path, expected):
    app = installed(organization, slug, admin)
    run = upload(app, report(path), admin)
    assert (run.status, run.counts["rejected"]) == (SyncStatus.APPLIED, 0)
    assert Finding.objects.count() == expected(path.read_text()) > 0
    again = upload(app, path, admin)
    assert (again.counts["created"], again.counts["updated"], again.counts["closed"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("slug", "name", "findings"),
    [
        ("cyclonedx", "cyclonedx-1.7.json", [("CVE-2021-44228", "critical", "open")]),
        ("cyclonedx", "cyclonedx-vector-only.json", [("CVE-2021-44228", "critical", "open")]),
        (
            "cyclonedx",
            "cyclonedx-vulnerabilities-without-components.json",
            [("CVE-2021-44228", "critical", "open")],
        ),
        ("sarif", "several-locations.sarif", [("sql", "high", "open")] * 3),
        ("sarif", "no-rule.sarif", [("An access key is in the code.", "high", "open")]),
        ("trivy", "trivy-nothing-found-old.json", []),
        ("trivy", "trivy-not-affected.json", [("CVE-2026-1", "high", "false_positive")]),
    ],
)
def test_small_reports_that_failed_once(slug, name, findings):
    items = read(slug, report(SHARED_DATA / "faults" / name).read_bytes())
    found = [item for item in items if isinstance(item, FindingItem)]
    assert [(item.rule, item.severity, item.state) for item in found] == findings


@pytest.mark.django_db
def test_two_tags_of_an_image_close_nothing_of_each_other(organization, admin):
    app = installed(organization, "trivy", admin)
    for tag in ("stable", "dev"):
        upload(app, report(SHARED_DATA / "faults" / f"trivy-tag-{tag}.json"), admin)
    assert list(Finding.objects.values_list("state", flat=True)) == ["open"] * 4


@pytest.mark.django_db
def test_the_low_baseline_of_nist(organization, admin):
    path = report(CATALOGS / "nist-800-53r5-low-baseline.oscal.json")
    upload(installed(organization, "oscal", admin), path, admin)
    assert Control.objects.count() == 149  # as SP 800-53B has it
    control = Control.objects.get(identifier="IA-2(1)")
    assert (control.parent.identifier, control.framework.edition) == ("IA-2", "5.1.1+u4")
    assert "{{" not in "".join(Control.objects.values_list("text", flat=True))


@pytest.mark.django_db
def test_cisa_marks_what_it_lists_of_1404_entries(organization, admin):
    listed = {entry["cveID"] for entry in json.loads(report(KEV).read_text())["vulnerabilities"]}
    for cve in ("CVE-2021-44228", "CVE-1999-0001"):
        make_finding(organization, rule=cve)
    run = upload(installed(organization, "cisa-kev", admin), KEV, admin)
    marked = Finding.objects.filter(known_exploited=True).values_list("rule", flat=True)
    assert (run.items, set(marked)) == (1404, {"CVE-2021-44228"} & listed)


@pytest.mark.django_db
def test_scores_come_compressed(organization, admin, tmp_path):
    make_finding(organization, rule="CVE-2021-44228")
    app = installed(organization, "epss", admin)
    lines = ["#model_version:v2025.03.14", "cve,epss,percentile", "CVE-2021-44228,0.94358,0.99"]
    path = tmp_path / "epss.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert upload(app, path, admin).counts["updated"] == 1
    assert str(Finding.objects.get().epss) == "0.94358"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"cve,epss\n" + b"x" * 20_000_000), gzip.compress(b"cve,epss\n")[:15]],
    ids=["a line of 20 MB", "cut off"],
)
def test_a_bomb_or_half_a_file_is_a_failed_run(organization, admin, tmp_path, content):
    path = tmp_path / "epss.csv.gz"
    path.write_bytes(content)
    run = upload(installed(organization, "epss", admin), path, admin)
    assert (run.status, run.failure) == (SyncStatus.FAILED, "report")


@pytest.mark.django_db
def test_names_of_any_length_are_kept_apart(organization, admin, tmp_path):
    mapping = {"rule": "r", "title": "t", "severity": "s", "location": "l", "asset": "a"}
    feed = {"kind": "findings", "tool": "W", "mapping": mapping}
    long = "x" * 10_000
    rows = [
        {"r": "rule", "t": long, "s": "low", "a": long, "l": f"{long}{end}"} for end in ("a", "b")
    ]
    path = tmp_path / "feed.json"
    path.write_text(json.dumps(rows))
    run = upload(installed(organization, "json-feed", admin, **feed), path, admin)
    assert (run.status, Finding.objects.count()) == (SyncStatus.APPLIED, 2)
    assert len(Finding.objects.first().title) <= 500
