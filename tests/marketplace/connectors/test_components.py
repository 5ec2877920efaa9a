"""Names and versions of components."""

import pytest

from marketplace.connectors.components import is_same_package, split_component
from marketplace.connectors.cvss_vectors import method_of_vector, score_vector


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pkg:maven/org.example/lib@2.1?type=jar", ("maven/org.example/lib", "2.1")),
        ("pkg:npm/%40scope/inner@2.0.0", ("npm/@scope/inner", "2.0.0")),
        ("pkg:deb/debian/ssl@1.1-0%2Bdeb11u3?arch=amd64", ("deb/debian/ssl", "1.1-0+deb11u3")),
        ("pkg:npm/lib", ("npm/lib", "")),
        ("lib@1", ("lib", "1")),
        ("@scope/lib", ("@scope/lib", "")),
        ("pkg:broken", ("pkg:broken", "")),
        ("", ("", "")),
    ],
)
def test_a_component_is_a_name_and_a_version(text, parts):
    assert split_component(text) == parts


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("pkg:npm/lib@1", "pkg:npm/lib@2?x=y", True),
        ("pkg:npm/lib@1", "pkg:pypi/lib@1", False),
        ("pkg:maven/org.example/lib@1", "org.example:lib@1", True),
        ("lib@2", "pkg:deb/debian/lib@1", True),
        ("lib@1", "library@1", False),
    ],
)
def test_a_package_is_the_same_in_any_version(first, second, is_same):
    assert is_same_package(first, second) is is_same


@pytest.mark.parametrize("text", ["", "CVSS:3.1/AV:N", "CVSS:4.0/", "AV:N/AC:L", "x" * 10_000])
def test_half_a_vector_has_no_score(text):
    assert score_vector(text, "CVSSv31") is None


def test_a_vector_says_which_version_it_is_of():
    assert method_of_vector("CVSS:4.0/AV:N") == "CVSSv4"
    assert method_of_vector("AV:N/AC:L/Au:N/C:C/I:C/A:C") == "CVSSv2"
    assert method_of_vector("OWASP/K9:M1") == ""
