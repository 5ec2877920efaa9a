"""Fixtures for the tests of one connector, whose slug their module has as SLUG."""

import json

import pytest

from tests.marketplace.connectors.reading_reports import REPORTS, read


@pytest.fixture
def report(request):
    """Its example: the value of JSON, the text of XML."""
    path = next(REPORTS.glob(f"{request.module.SLUG}.*"))
    return json.loads(path.read_text()) if path.suffix == ".json" else path.read_text()


@pytest.fixture
def items(request, report):
    """What its connector yields of the example."""
    return read(request.module.SLUG, report)
