"""The keys that parts of the code leave in the environ of a request stand in one list."""

import re

import pytest
from django.conf import settings

from openrisk import request_state

KEYS = {name: value for name, value in vars(request_state).items() if name.isupper()}
FOLDERS = ("openrisk", "risks", "marketplace", "dashboards", "monitoring")


def test_no_two_keys_are_the_same():
    assert len(set(KEYS.values())) == len(KEYS)


@pytest.mark.parametrize("key", KEYS.values())
def test_clients_cannot_send_a_key(key):
    """Headers arrive as HTTP_..., so none of them is a key that we believe."""
    assert key.startswith("openrisk.")


def test_no_other_module_names_a_key_of_its_own():
    written = re.compile(r"""(?:META|environ)(?:\.get\(|\[)["']openrisk\.""")
    found = [
        str(path)
        for folder in FOLDERS
        for path in (settings.BASE_DIR / folder).rglob("*.py")
        if written.search(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("name", KEYS)
def test_every_key_is_used_outside_the_list(name):
    used = re.compile(rf"\b{name}\b")
    paths = [path for folder in FOLDERS for path in (settings.BASE_DIR / folder).rglob("*.py")]
    assert sum(bool(used.search(path.read_text())) for path in paths) > 1
