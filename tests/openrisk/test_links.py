"""Which addresses from outside become links."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from openrisk.links import safe_link


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a?b=c#d", "http://[2001:db8::1]:8080/", "mailto:a@example.org"],
)
def test_addresses_of_the_web_are_links(address):
    assert safe_link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *(
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\tscript:alert(1)",
            "\x01javascript:x",
        ),
        *(" javascript:alert(1)", "javascript\n:alert(1)", "javascript&colon;alert(1)"),
        *("data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "file:///etc/passwd"),
        *(
            "//example.org/",
            "/risks/",
            "risks/",
            "",
            "https://",
            "https:",
            "https:///path",
            "mailto:",
        ),
        *(
            "https://example.org/ x",
            "https://example.org/\r\nX: y",
            "https:\\\\example.org",
            "\xa0http://a",
        ),
        *("\ufeffhttps://example.org", "https://exam\u200bple.org", "\u202ehttps://example.org"),
        *(
            "blob:https://example.org/x",
            "view-source:https://example.org",
            "http://[::1",
            "intent://x",
        ),
    ],
)
def test_others_are_not(address):
    assert safe_link(address) == ""


def test_templates_link_to_fields_called_url_of_alerts_by_the_one_function():
    """`href="{{ ... }}"` with what another system said would let it choose the scheme."""
    root = Path(settings.BASE_DIR)
    pages = [page for app in root.glob("*/templates") for page in app.rglob("*.html")]
    assert pages
    linked = re.compile(
        r'(?:href|src|action)="\{\{ ?(?:alert|finding|risk|app|run|sync|row)\.\w*url'
    )
    assert [page.name for page in pages if linked.search(page.read_text())] == []
