"""Reports of Semgrep: results by file and fingerprint, dependencies, what could not be scanned."""

import pytest

from marketplace.connectors.base import UnreadableReport
from tests.marketplace.connectors.reading_reports import (
    finding,
    findings,
    identities,
    read,
    rejected,
    scans,
)

SLUG = "semgrep"


def result(severity="ERROR", line=1, **extra):
    extra = {"message": "Wrong.", "severity": severity, **extra}
    return {"check_id": "rule", "path": "a.py", "start": {"line": line}, "extra": extra}


def log(*results, errors=()):
    return {"results": list(results), "errors": list(errors)}


def test_a_result_has_all_that_a_person_wants_to_know(items):
    found = finding(items, rule="python.lang.security.shell")
    assert (found.severity, found.title) == ("high", "A shell runs what a visitor sends")
    for text in ("Pass a list", "shop/tasks.py, line 12", "CWE-78", "Confidence: HIGH"):
        assert text in found.description
    assert "password" not in found.description


def test_a_place_is_the_file_and_the_fingerprint(items):
    assert [item.location for item in findings(items)] == [
        "shop/tasks.py 0123456789abcdef_0", "shop/tasks.py",
    ]  # fmt: skip


def test_a_line_makes_no_difference_and_two_results_of_a_rule_stay_two():
    first, second = (read("semgrep", log(result(line=n), result(line=n + 9))) for n in (1, 5))
    assert identities(first) == identities(second)
    assert len(set(identities(first))) == 2


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("WARNING", "medium"),
        ("INFO", "low"),
        ("INVENTORY", "info"),
        ("CRITICAL", "critical"),
        ("LOW", "low"),
        ("?", "info"),
    ],
)
def test_severities_are_words_of_two_generations(word, severity):
    assert findings(read("semgrep", log(result(word))))[0].severity == severity


def test_what_a_comment_ignores_is_accepted(items):
    assert finding(items, rule="python.lang.style").state == "accepted"


def test_a_vulnerable_dependency_is_found_by_its_cve():
    dependency = {"package": "grpc", "version": "1.52"}
    info = {"reachable": False, "dependency_match": {"found_dependency": dependency}}
    metadata = {"sca-vuln-database-identifier": "CVE-2023-1428"}
    (found,) = findings(read("semgrep", log(result(sca_info=info, metadata=metadata))))
    assert found.rule == "CVE-2023-1428"
    assert "Dependency: grpc 1.52, not known to be used" in found.description


def test_a_result_of_no_file_is_rejected_with_its_row(items):
    assert rejected(items) == [(3, "The result has no path.", "python.lang.nowhere")]


@pytest.mark.parametrize(
    ("errors", "covered"),
    [([], ("shop",)), ([{"level": "warn"}], ("shop",)), ([{"level": "error"}], ())],
)
def test_the_asset_is_covered_unless_something_could_not_be_scanned(errors, covered):
    assert scans(read("semgrep", log(errors=errors), asset="shop")) == {"semgrep": covered}


@pytest.mark.parametrize(
    "report",
    [{"results": []}, {"errors": []}, {"results": [{"packages": []}], "errors": []}],
)
def test_what_semgrep_did_not_write_is_refused(report):
    with pytest.raises(UnreadableReport, match="semgrep scan --json"):
        read("semgrep", report)
