"""Reports in SARIF: rules wherever they stand, levels, messages, places, and suppressions."""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import Scan
from tests.marketplace.connectors.reading_reports import (
    finding,
    findings,
    identities,
    read,
    real,
    rejected,
    scans,
)

SLUG = "sarif"
CHECKER = "Checker nightly"


def log(*results, **run):
    """A report of one run."""
    tool = {"driver": {"name": "Tool"}}
    return {"version": "2.1.0", "runs": [{"tool": tool, "results": list(results), **run}]}


def result(**more):
    return {"ruleId": "R1", "message": {"text": "Wrong."}, **more}


def at(line=1, **artifact):
    physical = {"artifactLocation": artifact, "region": {"startLine": line}}
    return [{"physicalLocation": physical}]


def only(report, **configuration):
    (found,) = findings(read("sarif", report, **configuration))
    return found


# --- Runs and rules -------------------------------------------------------------------------------
def test_each_run_has_its_tool_and_rows_count_through(items):
    assert [(item.row, item.tool) for item in findings(items)] == [
        *((row, CHECKER) for row in (1, 2, 3, 4, 7)), (8, "Linter"), (9, "Linter"),
    ]  # fmt: skip


def test_a_rule_is_found_by_index_in_the_driver_by_id_and_in_an_extension(items):
    assert finding(items, row=1).title == "SQL injection"
    assert finding(items, row=2).title == "UnusedImport"
    assert finding(items, row=3).rule == "more/payment"
    assert finding(items, row=4).title == "SQL injection"  # by the first part of its id


@pytest.mark.parametrize(
    "wanted", [{"index": 0}, {"name": "More"}, {"guid": "1-2"}, {"name": "More", "index": 9}]
)
def test_an_extension_is_found_by_index_name_and_guid(wanted):
    more = {"name": "More", "guid": "1-2", "rules": [{"id": "M1", "name": "Theirs"}]}
    tool = {"driver": {"name": "T", "rules": [{"id": "R1", "name": "Ours"}]}, "extensions": [more]}
    reference = {"index": 0, "toolComponent": wanted}
    found = only(log({"rule": reference, "message": {"text": "x"}}, tool=tool))
    assert (found.rule, found.title) == ("M1", "Theirs")


def test_a_rule_of_the_driver_is_not_hidden_by_one_of_an_extension():
    rules = [{"id": "R1", "name": "Ours"}], [{"id": "R1", "name": "Theirs"}]
    tool = {"driver": {"name": "T", "rules": rules[0]}, "extensions": [{"rules": rules[1]}]}
    assert only(log(result(), tool=tool)).title == "Ours"


def test_without_a_rule_a_result_is_known_by_its_message(items):
    assert finding(items, row=7).rule == "Nobody knows which rule this is."
    assert only(log({"message": {"text": " "}, "rule": {"id": "R1"}})).rule == "R1"


def test_without_rule_and_message_a_result_is_rejected():
    items = read("sarif", log({"message": {}}, result()))
    assert rejected(items) == [(1, "The result has neither a rule nor a message.", "")]
    assert len(findings(items)) == 1


@pytest.mark.parametrize("index", [-1, 1, 10**30, "0", 0.5, None, True])
def test_an_index_that_leads_nowhere_is_no_harm(index):
    assert only(log(result(ruleIndex=index))).rule == "R1"


# --- Severity -------------------------------------------------------------------------------------
def test_severity_is_that_of_the_rules_score_before_any_level(items):
    found = finding(items, row=1)
    assert (found.severity, found.cvss) == ("high", Decimal("8.8"))


@pytest.mark.parametrize(
    ("level", "default", "severity"),
    [
        ("error", "note", "high"),
        (None, "error", "high"),
        (None, "note", "low"),
        (None, None, "medium"),
        ("none", "error", "info"),
        ("unheard of", None, "medium"),
    ],
)
def test_the_level_is_the_results_else_the_rules_else_warning(level, default, severity):
    rule = {"id": "R1", "defaultConfiguration": {"level": default}}
    tool = {"driver": {"name": "T", "rules": [rule]}}
    assert only(log(result(level=level), tool=tool)).severity == severity


@pytest.mark.parametrize("score", ["", "unheard of", "-1", "11", "0.0", None, {}])
def test_a_score_that_is_none_leaves_the_level(score):
    rule = {"id": "R1", "properties": {"security-severity": score}}
    found = only(log(result(level="note"), tool={"driver": {"name": "T", "rules": [rule]}}))
    assert (found.severity, found.cvss) == ("low", None)


def test_a_severity_may_be_a_word_and_the_results_own_counts_first():
    rule = {"id": "R1", "properties": {"security-severity": "3.1"}}
    tool = {"driver": {"name": "T", "rules": [rule]}}
    own = result(properties={"security-severity": "CRITICAL"})
    found = findings(read("sarif", log(own, result(), tool=tool)))
    assert [(item.severity, item.cvss) for item in found] == [
        ("critical", None), ("low", Decimal("3.1")),
    ]  # fmt: skip


# --- Vulnerabilities ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "message", "cves"),
    [
        ({"id": "CVE-2021-44228-log4j-core"}, "", ("CVE-2021-44228",)),
        ({"name": "cve_2021_44228"}, "as CVE-2020-1", ("CVE-2021-44228",)),
        ({"properties": {"tags": ["x", "CVE-2021-1", "CVE-2021-2"]}}, "",
         ("CVE-2021-1", "CVE-2021-2")),
        ({"shortDescription": {"text": "Log4Shell (CVE-2021-44228)"}}, "", ("CVE-2021-44228",)),
        ({}, "log4j-core 2.1 has CVE-2021-44228.", ("CVE-2021-44228",)),
        ({"help": {"markdown": "[CVE-2021-44228](https://x)"}}, "", ("CVE-2021-44228",)),
        ({"helpUri": "https://nvd.nist.gov/vuln/detail/CVE-2021-44228"}, "", ("CVE-2021-44228",)),
        ({"fullDescription": {"text": "Such as CVE-2021-1 or CVE-2021-2."}}, "", ()),
        ({"id": "NOCVE-2021-44228"}, "", ()),
    ],
)  # fmt: skip
def test_feeds_find_a_result_by_the_first_text_that_names_a_cve(rule, message, cves):
    rule = {"id": "R1", **rule}
    tool = {"driver": {"name": "T", "rules": [rule]}}
    found = only(log({"ruleId": rule["id"], "message": {"text": message}}, tool=tool))
    assert (found.cves, found.rule) == (cves, rule["id"])


# --- What is no finding, and what is accepted -----------------------------------------------------
@pytest.mark.parametrize("kind", ["pass", "open", "informational", "notApplicable", "review"])
def test_a_result_that_did_not_fail_is_no_finding(kind):
    assert findings(read("sarif", log(result(kind=kind)))) == []


def test_a_result_that_is_gone_since_the_baseline_is_no_finding():
    states = ["new", "unchanged", "updated", "absent"]
    report = log(*(result(baselineState=state) for state in states))
    assert [item.row for item in findings(read("sarif", report))] == [1, 2, 3]


@pytest.mark.parametrize(
    ("suppressions", "state"),
    [
        (None, "open"),
        ([], "open"),
        ([{"kind": "inSource"}], "accepted"),
        ([{"status": "accepted"}], "accepted"),
        ([{"status": "underReview"}], "open"),
        ([{"status": "rejected"}], "open"),
        ([{"status": "accepted"}, {"status": "rejected"}], "open"),
    ],
)
def test_a_suppression_that_holds_makes_it_accepted(suppressions, state):
    assert only(log(result(suppressions=suppressions))).state == state


# --- Messages -------------------------------------------------------------------------------------
def test_a_message_is_looked_up_and_filled(items):
    said = "Import of 'os' is not used; {1} is {}, {2}."
    assert finding(items, row=2).description.startswith(said)
    assert finding(items, row=3).description.startswith("Said by more than one rule.")


def test_without_arguments_braces_stay_as_they_are(items):
    assert "{what a user says}" in finding(items, row=1).description
    assert only(log(result(message={"text": "${{ x }} {0}"}))).title == "${{ x }} {0}"


def test_the_description_says_where_to_look_and_what_it_is_about(items):
    description = finding(items, row=1).description
    assert "At: src/shop/db.py:12" in description
    assert "can read all tables" in description
    assert "https://example.com/sql" in description


# --- Places and identity --------------------------------------------------------------------------
def test_a_place_is_the_file_below_the_project_and_what_does_not_move(items):
    assert [item.location for item in findings(items)] == [
        "src/shop/db.py 39fa2ee980eb94b0:1",
        "src/shop/db.py 1",
        "src/shop/web.py shop.web.pay",
        "src/shop/api.py 7",
        "",
        "a.py",
        "a.py (2)",
    ]


def test_another_checkout_with_lines_moved_has_the_same_findings(report, items):
    run = report["runs"][0]
    run["originalUriBaseIds"]["ROOT"]["uri"] = "file:///build/72/"
    for each in run["results"]:
        for location in each.get("locations", []):
            place = location["physicalLocation"]
            uri = place["artifactLocation"].get("uri", "")
            if uri.startswith("file:///build/71/"):
                place["artifactLocation"]["uri"] = uri.replace("71", "72")
            elif place["region"]["startLine"] in (12, 40):
                place["region"]["startLine"] += 5
    later = read("sarif", report)
    assert identities(later) == identities(items)
    assert "At: src/shop/db.py:17" in finding(later, row=1).description


def test_a_fingerprint_of_who_looks_after_results_counts_before_a_partial_one():
    marks = {"fingerprints": {"b/v1": "2", "a/v1": "1"}, "partialFingerprints": {"c": "3"}}
    assert only(log(result(locations=at(uri="a.py"), **marks))).location == "a.py 1 2"


@pytest.mark.parametrize(
    ("bases", "artifact", "file"),
    [
        ({}, {"uri": "a.py", "uriBaseId": "SRC"}, "a.py"),
        ({"SRC": {"uri": "file:///w/"}}, {"uri": "a.py", "uriBaseId": "SRC"}, "a.py"),
        ({"SRC": {"uri": "file:///w/"}}, {"uri": "file:///w/a.py"}, "a.py"),
        ({"SRC": {"uri": "file:///w"}}, {"uri": "file:///w/a.py"}, "a.py"),
        ({"SRC": {"uri": "file:///w/"}}, {"uri": "file:///v/a.py"}, "file:///v/a.py"),
        ({"SRC": {}}, {"uri": "a.py", "uriBaseId": "SRC"}, "a.py"),
        ({"SRC": {"uri": "src", "uriBaseId": "TOP"}, "TOP": {"uri": "file:///w/"}},
         {"uri": "a.py", "uriBaseId": "SRC"}, "src/a.py"),
        ({"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "A"}},
         {"uri": "c.py", "uriBaseId": "A"}, "b/a/c.py"),
        ({"SRC": "nothing"}, {"uri": "a.py", "uriBaseId": ["SRC"]}, "a.py"),
    ],
)  # fmt: skip
def test_folders_are_resolved_as_far_as_the_project(bases, artifact, file):
    found = only(log(result(locations=at(3, **artifact)), originalUriBaseIds=bases))
    assert f"At: {file}:3" in found.description


def test_the_same_at_one_place_is_numbered_over_all_runs_of_a_tool():
    report = log(result(locations=at(uri="a.py")), result(locations=at(uri="b.py")))
    report["runs"] *= 2
    found = [item.location for item in findings(read("sarif", report))]
    assert found == ["a.py 1", "b.py 1", "a.py 1 (2)", "b.py 1 (2)"]


def test_each_location_of_a_result_is_a_finding():
    places = [*at(3, uri="a.py"), *at(7, uri="b.py"), *at(9, uri="b.py")]
    found = findings(read("sarif", log(result(locations=places, partialFingerprints={"c": "1"}))))
    assert [item.location for item in found] == ["a.py 1", "b.py 1", "b.py 1 (2)"]
    assert ["At: b.py:9" in item.description for item in found] == [False, False, True]


def test_without_locations_it_is_about_the_file_that_was_analysed():
    assert only(log(result(analysisTarget={"uri": "main.c"}))).location == "main.c"


def test_results_without_any_place_are_kept_apart():
    found = [item.location for item in findings(read("sarif", log(result(), result())))]
    assert found == ["", "(2)"]


# --- The asset, and what was looked at ------------------------------------------------------------
def test_the_asset_is_the_configured_one_else_the_repository_without_a_password(items, report):
    repository = "https://git.example.com/shop.git"
    assert [item.asset for item in findings(items)] == [""] * 5 + [repository] * 2
    configured = read("sarif", report, asset="shop")
    assert {item.asset for item in findings(configured)} == {"shop"}
    assert scans(configured) == {CHECKER: ("shop",), "Linter": ("shop",)}


def test_the_scan_ended_when_its_last_invocation_did(items):
    assert Scan(CHECKER, datetime(2026, 3, 2, 8, tzinfo=UTC), ()) in items


@pytest.mark.parametrize(
    ("run", "covered"),
    [
        ({}, ("shop",)),
        ({"results": None}, ()),
        ({"invocations": [{"executionSuccessful": True}]}, ("shop",)),
        ({"invocations": [{"executionSuccessful": True}, {"executionSuccessful": False}]}, ()),
    ],
)
def test_without_results_a_run_covers_the_asset_unless_its_tool_failed(run, covered):
    items = read("sarif", log(**run), asset="shop")
    assert (findings(items), scans(items)) == ([], {"Tool": covered})


def test_a_tool_that_fails_whenever_it_finds_something_has_looked():
    report = log(result(kind="pass"), invocations=[{"executionSuccessful": False}])
    assert scans(read("sarif", report, asset="shop")) == {"Tool": ("shop",)}


def test_a_tool_that_failed_in_one_of_its_runs_covers_nothing():
    report = log(result())
    report["runs"].append(log(results=None)["runs"][0])
    assert scans(read("sarif", report, asset="shop")) == {"Tool": ()}


def test_a_report_without_runs_has_nothing_to_say():
    assert read("sarif", {"version": "2.1.0", "runs": []}) == []


# --- What is refused ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("report", "told"),
    [
        ({"version": "2.0.0", "runs": []}, "It says version 2.0.0"),
        ({"runs": []}, "It has no version"),
        ({"version": "2.1.0"}, "Not a SARIF report: it has no runs"),
        ({"version": "2.1.0", "runs": [{"results": []}]}, "Run 1 does not name its tool"),
        ({"version": "2.1.0", "runs": [{}]}, "Run 1 does not name its tool"),
        ({"bomFormat": "CycloneDX", "version": 1}, "the connector CycloneDX"),
    ],
)
def test_what_is_no_sarif_of_this_version_is_refused(report, told):
    with pytest.raises(UnreadableReport, match=told):
        read("sarif", report)


# --- Reports that tools wrote ---------------------------------------------------------------------
def test_the_example_of_the_specification_is_read():
    found = only(real("sarif-appendix-k.sarif"))
    assert (found.rule, found.state, found.severity) == ("C2001", "accepted", "high")
    assert found.location == "src/collections/list.h collections::list::add"
    assert found.description.startswith('Variable "ptr" was used without being initialized.')


def test_the_report_of_a_real_tool_is_read_whole():
    content = real("spotbugs.sarif")
    (run,) = json.loads(content)["runs"]
    failed = [each for each in run["results"] if each.get("kind", "fail") == "fail"]
    items = read("sarif", content, asset="game")
    assert Counter(f.rule for f in findings(items)) == Counter(r["ruleId"] for r in failed)
    assert len(set(identities(items))) == len(failed) == 56
    assert not any("{0}" in item.description for item in findings(items))
    assert scans(items) == {"SpotBugs": ("game",)}
