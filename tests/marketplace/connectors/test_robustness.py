"""Whatever becomes of a scanner's report: its pieces, or one error in words, and nothing else."""

import copy
import io
import json
import tracemalloc
from contextlib import suppress
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import AssetItem, FindingItem, RejectedItem, Scan
from marketplace.connectors.parsing import SEVERITIES
from marketplace.registry import available_connectors
from tests.marketplace.conformance import REPORTS as KIT_REPORTS
from tests.marketplace.connectors.reading_reports import REPORTS, findings, read

FILES = {
    "trivy": "trivy.json",
    "sarif": "sarif.json",
    "nessus": "nessus.xml",
    "openvas": "openvas.xml",
}
CONTENT = {slug: (REPORTS / name).read_bytes() for slug, name in FILES.items()}
KIT = ("cyclonedx", "grype", "osv-scanner", "semgrep", "zap", "github", "gitlab")
SCANNERS = CONTENT | {slug: (KIT_REPORTS / f"{slug}.json").read_bytes() for slug in KIT}
JSON = {slug: json.loads(SCANNERS[slug]) for slug in ("trivy", "sarif", *KIT[1:])}
LONG = "x" * 10_000
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, -1, 0, 1.5, 10**30, "", "\0", LONG, "CVE-", "a\ud800", "1e999999999"),
        *([], {}, [None], [[]], {"": None}, {"text": 5}, [{"uri": 1, "index": -1}]),
    ]
)
TEXTS = st.sampled_from(
    ["", "-1.0", LONG, "9" * 5000, "NaN", "1e999999999", "<>&|=", "\N{SNOWMAN}"]
)


def is_sound(item: Any) -> bool:
    """As the platform expects it, whatever the report had in its place."""
    match item:
        case FindingItem():
            texts = (item.tool, item.rule, item.title, item.asset, item.location, item.description)
            scored = item.cvss is None or Decimal(0) <= item.cvss <= Decimal(10)
            told = item.severity in SEVERITIES and item.state in (
                "open", "accepted", "false_positive", "resolved",
            )  # fmt: skip
            return all(isinstance(text, str) for text in texts) and scored and told
        case AssetItem():
            return bool(item.name) and all(map(str, (*item.hostnames, *item.addresses)))
        case RejectedItem():
            return item.row > 0 and bool(item.reason) and isinstance(item.value, str)
        case Scan():
            return bool(item.tool) and all(item.covered)
    return False


def outcome(slug: str, content: bytes) -> str:
    """What is said of it, "" where it was read."""
    try:
        items = read(slug, content, asset="shop")
    except UnreadableReport as error:
        return error.message
    assert all(map(is_sound, items)), [item for item in items if not is_sound(item)]
    return ""


def places(value: Any, before: tuple = ()) -> list[tuple]:
    """The ways to all values inside."""
    if isinstance(value, dict):
        inside: Any = value.items()
    else:
        inside = enumerate(value) if isinstance(value, list) else ()
    return [
        place for key, part in inside for place in ((*before, key), *places(part, (*before, key)))
    ]


def put(report: Any, place: tuple, value: Any) -> None:
    """Without an error where an earlier value has taken the place away."""
    with suppress(KeyError, IndexError, TypeError):
        for key in place[:-1]:
            report = report[key]
        report[place[-1]] = copy.deepcopy(value)


@pytest.mark.parametrize("slug", JSON)
@settings(max_examples=80)
@given(data=st.data())
def test_any_value_may_stand_where_another_is_expected(slug, data):
    report = copy.deepcopy(JSON[slug])
    for place in data.draw(st.lists(st.sampled_from(places(JSON[slug])), min_size=1, max_size=5)):
        put(report, place, data.draw(VALUES))
    outcome(slug, json.dumps(report).encode())


@pytest.mark.parametrize("slug", ["nessus", "openvas"])
@settings(max_examples=150)
@given(data=st.data())
def test_any_element_may_be_missing_empty_twice_or_elsewhere(slug, data):
    root = fromstring(CONTENT[slug])
    for _ in range(data.draw(st.integers(1, 5))):
        parents = [element for element in root.iter() if len(element)]
        if not parents:
            break
        parent = data.draw(st.sampled_from(parents))
        child = parent[data.draw(st.integers(0, len(parent) - 1))]
        match data.draw(st.sampled_from(["remove", "text", "attributes", "twice", "move", "name"])):
            case "remove":
                parent.remove(child)
            case "text":
                child.text = data.draw(TEXTS)
            case "attributes":
                child.attrib = {name: data.draw(TEXTS) for name in child.attrib}
            case "twice":
                parent.append(copy.deepcopy(child))
            case "move":
                root.append(copy.deepcopy(child))
            case "name":
                child.tag = data.draw(st.sampled_from(["host", "result", "ReportItem", "report"]))
    outcome(slug, ElementTree.tostring(root))


@pytest.mark.parametrize("slug", FILES)
def test_a_report_that_is_cut_off_anywhere_is_refused(slug):
    content = CONTENT[slug].rstrip()
    for end in range(0, len(content), 61):
        assert outcome(slug, content[:end]).endswith(".")


@pytest.mark.parametrize("slug", FILES)
@pytest.mark.parametrize(
    "content",
    [b"", b" ", b"\0" * 100, b"{}", b"[]", b"null", b"5", b"<a/>", b"\x1f\x8b\x08", b"id,name"],
)
def test_what_is_no_report_is_refused(slug, content):
    is_old_trivy = slug == "trivy" and content == b"null"  # which found nothing
    assert bool(outcome(slug, content)) != is_old_trivy


@pytest.mark.parametrize("slug", sorted(SCANNERS))
def test_a_report_for_another_connector_is_refused_and_the_right_one_named(slug):
    for other, content in SCANNERS.items():
        message = outcome(slug, content)
        name = available_connectors()[other].name
        assert (not message) if slug == other else message.endswith(f"the connector {name}."), other


@pytest.mark.parametrize("slug", FILES)
def test_a_byte_order_mark_makes_no_difference(slug):
    assert read(slug, b"\xef\xbb\xbf" + CONTENT[slug]) == read(slug, CONTENT[slug])


@pytest.mark.parametrize("slug", ["trivy", "sarif"])
def test_json_in_utf_16_is_refused_in_words(slug):
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        assert "UTF-16" in outcome(slug, CONTENT[slug].decode().encode(encoding))


@pytest.mark.parametrize("slug", ["nessus", "openvas"])
def test_xml_in_utf_16_is_read(slug):
    text = CONTENT[slug].decode().replace('<?xml version="1.0" ?>', "")
    assert read(slug, text.encode("utf-16")) == read(slug, text)


@pytest.mark.parametrize("slug", ["nessus", "openvas"])
@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;"><!ENTITY n "&m;&m;">]>',
        '<!DOCTYPE a [<!ENTITY file SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE a SYSTEM "https://example.com/a.dtd">',
        "<!DOCTYPE a>",
    ],
)
def test_documents_that_declare_types_or_entities_are_refused(slug, declared):
    text = CONTENT[slug].decode().replace('<?xml version="1.0" ?>', "")
    assert "document type" in outcome(slug, (declared + text).encode())


def test_a_name_of_any_length_with_null_characters_is_read():
    result = {"ruleId": LONG, "message": {"text": "\0" + LONG}}
    report = {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": LONG}}, "results": [result]}],
    }
    (found,) = findings(read("sarif", report))
    assert (found.tool, found.rule) == (LONG, LONG)


# --- Memory ---------------------------------------------------------------------------------------
def many_sarif(count: int) -> bytes:
    results = (
        {"ruleId": "R1", "message": {"text": "Wrong. " * 100}, "partialFingerprints": {"a": str(n)}}
        for n in range(count)
    )
    inside = ",".join(json.dumps(result) for result in results)
    return b'{"version":"2.1.0","runs":[{"results":[%s],"tool":{"driver":{"name":"T"}}}]}' % (
        inside.encode()
    )


def many_nessus(count: int) -> bytes:
    """All of it on one host."""
    items = (
        f'<ReportItem port="{n}" svc_name="www" protocol="tcp" severity="1" pluginID="1">'
        f"<description>{'Wrong. ' * 100}</description></ReportItem>"
        for n in range(count)
    )
    host = f'<ReportHost name="web-1">{"".join(items)}</ReportHost>'
    return f'<NessusClientData_v2><Report name="R">{host}</Report></NessusClientData_v2>'.encode()


@pytest.mark.parametrize(("slug", "made"), [("sarif", many_sarif), ("nessus", many_nessus)])
def test_a_large_report_is_read_in_little_memory(slug, made):
    content = made(4000)
    file = io.BytesIO(content)
    tracemalloc.start()
    try:
        found = sum(
            isinstance(item, FindingItem)
            for item in available_connectors()[slug].read_report(file, {})
        )
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == 4000
    assert most < len(content) / 3
