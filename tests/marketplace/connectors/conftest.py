"""Fixtures for the tests of one connector, whose slug their module has as SLUG."""

import json

import pytest

from tests.marketplace.conformance import REPORTS as KIT_REPORTS
from tests.marketplace.connectors.reading_reports import REPORTS, read


@pytest.fixture
def report(request):
    """Its example: the value of JSON, the text of XML."""
    name = f"{request.module.SLUG}.*"
    path = next(path for folder in (REPORTS, KIT_REPORTS) for path in folder.glob(name))
    return json.loads(path.read_text()) if path.suffix == ".json" else path.read_text()


@pytest.fixture
def items(request, report):
    """What its connector yields of the example."""
    return read(request.module.SLUG, report)
