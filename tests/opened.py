"""Links in mail and messages, opened as their readers would."""

import re
from typing import Any

from django.conf import settings
from django.test import Client


def open_links(text: str, reader: Any) -> list[str]:
    """The paths of all links to this site in `text`; each opens for `reader`, and without SITE_URL
    there is none."""
    client = Client()
    client.force_login(reader)
    addresses = re.findall(r"https?://[^\s|<>\"]+", text)
    paths = [address.removeprefix(settings.SITE_URL) for address in addresses]
    for path in paths:
        assert client.get(path).status_code == 200, path
    return paths
