"""Reports of Trivy: of images, paths, clusters, and of old."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import AssetItem, Scan
from tests.marketplace.connectors.reading_reports import (
    REPORTS,
    finding,
    findings,
    identities,
    read,
    real,
    rejected,
    scans,
)

SLUG = "trivy"
IMAGE = "registry.example.com:5000/shop/web:1.4"


def one(result, **more):
    """A report of a repository with one result."""
    artifact = {"ArtifactName": "shop", "ArtifactType": "repository"}
    return {"SchemaVersion": 2, **artifact, "Results": [result], **more}


def packages(*vulnerabilities, target="package-lock.json"):
    return {"Target": target, "Class": "lang-pkgs", "Vulnerabilities": list(vulnerabilities)}


def vulnerability(**more):
    return {"VulnerabilityID": "CVE-2026-1", "PkgName": "left", "InstalledVersion": "1.0", **more}


# --- What becomes of the pieces -------------------------------------------------------------------
def test_an_image_is_an_asset_with_its_tag(items):
    assert [i for i in items if isinstance(i, AssetItem)] == [AssetItem(1, IMAGE, "application")]
    assert {item.asset for item in findings(items)} == {IMAGE}


def test_a_vulnerability_has_all_that_a_person_wants_to_know(items):
    found = finding(items, rule="CVE-2026-10001")
    assert (found.severity, found.location, found.title) == (
        "critical", "zlib1g", "zlib: a long header overflows",
    )  # fmt: skip
    for said in (
        "more than 64 KB",
        "zlib1g 1.2.13",
        "1.2.14",
        "debian 12.5",
        "https://example.com",
    ):
        assert said in found.description


def test_of_several_scores_that_of_the_severitys_source_counts_and_a_newer_version(items):
    scores = {item.rule: item.cvss for item in findings(items) if item.rule.startswith("CVE-2026")}
    assert scores == {
        "CVE-2026-10001": Decimal("9.8"),
        "CVE-2026-10002": Decimal("4.4"),
        "CVE-2026-10003": Decimal("3.3"),
    }


def test_a_severity_that_trivy_does_not_know_is_info(items):
    assert finding(items, rule="CVE-2026-10002").severity == "info"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("not_affected", "false_positive"),
        ("affected", "open"),
        ("fixed", "open"),
        ("under_investigation", "open"),
        ("will_not_fix", "open"),
        ("unknown", "open"),
        (None, "open"),
        ([], "open"),
    ],
)
def test_what_the_distributor_calls_not_affected_is_a_false_positive(status, state):
    (found,) = findings(read("trivy", one(packages(vulnerability(Status=status)))))
    assert found.state == state
    assert ("Status: not affected" in found.description) == (state != "open")


def test_a_finding_is_open_if_one_of_its_versions_is_affected():
    wrong, right = vulnerability(Status="not_affected"), vulnerability(InstalledVersion="2.0")
    for both in ((wrong, right), (right, wrong)):
        (found,) = findings(read("trivy", one(packages(*both))))
        assert (found.state, len(found.components)) == ("open", 2)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ignored", "accepted"),
        ("not_affected", "false_positive"),
        ("fixed", "resolved"),
        ("", "open"),
    ],
)
def test_what_was_left_out_on_purpose_is_not_lost(status, state):
    left_out = {"Type": "vulnerability", "Status": status, "Statement": "Not reachable.",
                "Finding": vulnerability()}  # fmt: skip
    result = {**packages(), "ExperimentalModifiedFindings": [left_out, None, {"Type": "secret"}]}
    found = finding(read("trivy", one(result)), rule="CVE-2026-1")
    assert (found.state, "Left out by Trivy: Not reachable." in found.description) == (state, True)


def test_a_component_is_a_package_url_where_trivy_gives_one():
    named = vulnerability(PkgIdentifier={"PURL": "pkg:npm/left@1.0"})
    (found,) = findings(read("trivy", one(packages(named))))
    assert (found.components, found.cves) == (("pkg:npm/left@1.0",), ("CVE-2026-1",))


def test_a_score_is_computed_where_there_is_only_a_vector():
    vector = {"nvd": {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}}
    (found,) = findings(read("trivy", one(packages(vulnerability(CVSS=vector)))))
    assert found.cvss == 10


def test_what_has_no_id_is_rejected_with_its_row_and_the_rest_is_read(items):
    assert rejected(items) == [(4, "The vulnerability has no id.", "curl")]
    assert [item.row for item in findings(items)] == [1, 2, 3, 5, 6, 7, 10, 11, 12]


def test_a_check_that_did_not_fail_is_no_finding(items):
    found = finding(items, tool="trivy misconfiguration")
    assert (found.rule, found.severity) == ("DS002", "high")
    assert "Lines: 3 to 4" in found.description


def test_a_secret_is_told_by_file_and_line_and_never_itself(items):
    first, second = [item for item in findings(items) if item.tool == "trivy secret"]
    assert (first.location, second.location) == ("app/settings.env", "app/settings.env (2)")
    assert "Lines: 3 to 5" in first.description
    assert "MIIBV" not in repr(items)


def test_a_licence_is_a_finding(items):
    assert finding(items, tool="trivy licence").title == "Licence GPL-3.0 of bash"


def test_the_scan_covers_the_image_for_each_kind_that_was_looked_for(items):
    kinds = ("trivy", "trivy misconfiguration", "trivy secret", "trivy licence")
    assert scans(items) == dict.fromkeys(kinds, (IMAGE,))
    at = datetime(2026, 3, 2, 7, 0, 0, 123456, tzinfo=UTC)
    assert {item.at for item in items if isinstance(item, Scan)} == {at}


# --- Identity -------------------------------------------------------------------------------------
def test_the_next_release_of_an_image_has_the_same_findings_if_tags_are_merged(report):
    items = read("trivy", report, merge_tags=True)
    later = json.dumps(report).replace("2.14.1", "2.14.2").replace("shop/web:1.4", "shop/web:1.5")
    later = later.replace("1.2.13", "1.2.13-1").replace('"StartLine": 3', '"StartLine": 33')
    assert identities(read("trivy", later, merge_tags=True)) == identities(items)
    assert {item.asset for item in findings(items)} == {IMAGE.removesuffix(":1.4")}


@pytest.mark.parametrize(
    ("path", "installed", "known_by"),
    [
        ("app1/log4j-1.jar", "1", "app1/log4j-*.jar"),
        ("lib/a-1.2.jar", "1.2", "lib/a-*.jar"),
        ("lib/a-1.2.3.jar", "1.2", "lib/a-1.2.3.jar"),
        ("site-packages/a-1.0.dist-info/METADATA", "1.0", "site-packages/a-*.dist-info/METADATA"),
        ("package-lock.json", "", "package-lock.json"),
    ],
)
def test_of_a_path_the_version_alone_is_left_out(path, installed, known_by):
    result = packages(vulnerability(PkgPath=path, InstalledVersion=installed))
    assert findings(read("trivy", one(result)))[0].location == f"left in {known_by}"


def test_a_library_in_two_files_is_two_findings_and_in_two_versions_one(items):
    log4j = [place for _, rule, _, place in identities(items) if rule == "CVE-2021-44228"]
    assert len(set(log4j)) == 2
    twice = packages(vulnerability(), vulnerability(InstalledVersion="2.0"))
    (found,) = findings(read("trivy", one(twice)))
    assert found.components == ("left@1.0", "left@2.0")


@pytest.mark.parametrize(
    ("name", "asset", "merged"),
    [
        ("web", "web", "web"),
        ("web:latest", "web", "web"),
        ("web:1.4", "web:1.4", "web"),
        ("localhost:5000/web", "localhost:5000/web", "localhost:5000/web"),
        ("localhost:5000/web:1.4@sha256:0a0b", "localhost:5000/web:1.4", "localhost:5000/web"),
        ("web@sha256:0a0b", "web", "web"),
        ("sha256:0a0b", "sha256:0a0b", "sha256:0a0b"),
        ("web.tar", "web.tar", "web.tar"),
    ],
)
def test_what_an_image_is_called(name, asset, merged):
    image = {"ArtifactName": name, "ArtifactType": "container_image"}
    report = one(packages(vulnerability()), **image)
    assert findings(read("trivy", report))[0].asset == asset
    assert findings(read("trivy", report, merge_tags=True))[0].asset == merged


def test_the_asset_may_be_configured():
    items = read("trivy", one(packages(vulnerability()), ArtifactName="."), asset="shop")
    assert findings(items)[0].asset == "shop"
    assert scans(items) == {"trivy": ("shop",)}


# --- What was looked at ---------------------------------------------------------------------------
def test_a_file_without_findings_is_covered_for_its_kind():
    clean = {"Target": "Dockerfile", "Class": "config", "MisconfSummary": {"Successes": 3}}
    assert scans(read("trivy", one(clean))) == {"trivy misconfiguration": ("shop",)}


def test_secrets_alone_do_not_close_vulnerabilities():
    secrets = {"Target": ".env", "Class": "secret", "Secrets": [{"RuleID": "key"}]}
    assert scans(read("trivy", one(secrets))) == {"trivy secret": ("shop",)}


@pytest.mark.parametrize(
    ("kind", "covered"), [("repository", ("shop",)), ("filesystem", ("shop",)),
                          ("container_image", ()), ("vm", ())],
)  # fmt: skip
def test_a_report_without_results_covers_what_names_its_clean_files_nowhere(kind, covered):
    empty = {"SchemaVersion": 2, "ArtifactName": "shop", "ArtifactType": kind}
    assert read("trivy", empty) == [Scan("trivy", None, covered)]
    assert read("trivy", {**empty, "Results": None}) == [Scan("trivy", None, covered)]


# --- Other shapes ---------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["Resources", "Findings", "Vulnerabilities"])
def test_a_workload_is_an_asset_and_its_images_are_told_apart(name):
    def of(image):
        system = packages(vulnerability(), target=f"{image} (debian 12.5)") | {"Class": "os-pkgs"}
        named = {"Namespace": "shop", "Kind": "Deployment", "Name": "web"}
        return {**named, "Results": [system]}

    pieces = [of("web:1"), of("proxy:2"), {"Kind": "Node", "Name": "n", "Error": "timeout"}]
    items = read("trivy", {"ClusterName": "arn:aws:eks:cluster/prod", name: pieces})
    asset = "prod/shop/Deployment/web"
    assert identities(items) == [
        ("trivy", "CVE-2026-1", asset, "left of web"),
        ("trivy", "CVE-2026-1", asset, "left of proxy"),
    ]
    assert scans(items) == {"trivy": (asset,)}


def test_a_list_of_old_names_its_image_in_the_result_of_the_system():
    old = [
        {"Target": "app/package-lock.json", "Type": "npm", "Vulnerabilities": [vulnerability()]},
        {"Target": "web:1.4 (alpine 3.10.2)", "Vulnerabilities": [vulnerability()]},
        {"Target": "app/Gemfile.lock", "Vulnerabilities": None},
    ]
    items = read("trivy", old)
    assert [(item.asset, item.location) for item in findings(items)] == [
        ("web:1.4", "left in app/package-lock.json"),
        ("web:1.4", "left"),
    ]
    assert scans(items) == {"trivy": ("web:1.4",)}


def test_a_list_of_old_that_found_nothing_is_a_report():
    assert read("trivy", "null\n") == [Scan("trivy")]
    assert read("trivy", b"\xef\xbb\xbfnull", asset="shop") == [Scan("trivy")]


def test_a_list_of_old_without_an_image_has_no_asset_and_closes_nothing():
    items = read("trivy", [packages(vulnerability())])
    assert (findings(items)[0].asset, scans(items)) == ("", {"trivy": ()})


@pytest.mark.parametrize(
    "other",
    [
        [{"RuleID": "key", "File": "a"}],
        {"Results": [{"name": "of another tool"}]},
        {"Vulnerabilities": [{"id": 1}]},
        {"CreatedAt": "2026-03-02T08:00:00Z"},
        [],
    ],
)
def test_what_another_tool_wrote_is_refused(other):
    with pytest.raises(UnreadableReport, match="Not a report of Trivy"):
        read("trivy", other)


def test_the_right_connector_is_named():
    with pytest.raises(UnreadableReport, match="the connector SARIF"):
        read("trivy", (REPORTS / "sarif.json").read_bytes())
    with pytest.raises(UnreadableReport, match="the connector Nessus"):
        read("trivy", (REPORTS / "nessus.xml").read_bytes())


def test_a_report_of_the_operator_is_refused_with_the_export_that_is_read():
    operator = {"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "VulnerabilityReport"}
    with pytest.raises(UnreadableReport, match="scan the cluster with trivy k8s"):
        read("trivy", operator)


# --- Reports that Trivy wrote ---------------------------------------------------------------------
def test_the_report_of_a_real_image_is_read_whole():
    content = real("trivy-image.json")
    expected = [
        (each["VulnerabilityID"], each["PkgName"])
        for result in json.loads(content)["Results"]
        for each in result.get("Vulnerabilities", [])
    ]
    items = read("trivy", content)
    assert [(f.rule, f.location.split(" in ")[0]) for f in findings(items)] == expected
    assert (len(expected), scans(items)) == (5, {"trivy": ("teamdojo",)})


def test_the_report_of_a_real_cluster_is_read_whole():
    content = real("trivy-kubernetes.json")
    cluster = json.loads(content)
    of_kind = {
        name: [
            (each.get("VulnerabilityID") or each["ID"])
            for resource in cluster[name]
            for result in resource.get("Results", [])
            for each in result.get(name, [])
        ]
        for name in ("Vulnerabilities", "Misconfigurations")
    }
    items = read("trivy", content)
    assert [f.rule for f in findings(items)] == [
        *of_kind["Vulnerabilities"], *of_kind["Misconfigurations"],
    ]  # fmt: skip
    assert len(set(identities(items))) == len(findings(items)) == 20


def test_a_workload_whose_checks_all_passed_is_covered():
    covered = scans(read("trivy", real("trivy-kubernetes.json")))
    assert len(covered["trivy"]) == 2
    assert (
        "monitoring-test-cluster/default/Service/redis-leader"
        in (covered["trivy misconfiguration"])
    )
