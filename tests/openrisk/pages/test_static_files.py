"""Static files are sent gzipped to browsers that take it."""

import gzip
import re

import pytest

STYLES = "/static/openrisk/css/components.css"


def sent(client, **headers):
    response = client.get(STYLES, headers=headers)
    return response, b"".join(response.streaming_content)


def test_a_browser_gets_the_same_style_sheet_in_a_third_of_the_bytes(client):
    plain, content = sent(client)
    compressed, body = sent(client, accept_encoding="gzip, br")
    assert compressed["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain
    assert gzip.decompress(body) == content
    assert len(body) < len(content) / 3


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_caches_keep_both_apart(client, encoding):
    response, _ = sent(client, accept_encoding=encoding)
    assert response["Vary"] == "Accept-Encoding"
    again = client.get(STYLES, headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again["Vary"]) == (304, "Accept-Encoding")


@pytest.mark.django_db
def test_scripts_and_styles_of_the_heaviest_page_stay_below_60_kilobytes(client, analyst):
    client.force_login(analyst)
    page = client.get("/o/acme/risks/").content.decode()
    files = set(re.findall(r'"(/static/[^"]+\.(?:css|js))"', page))
    ours = [path for path in files if path.startswith(("/static/openrisk/", "/static/risks/"))]
    answers = [client.get(path, headers={"accept-encoding": "gzip"}) for path in ours]
    assert len(ours) > 10
    assert sum(int(answer["Content-Length"]) for answer in answers) < 60_000
