"""What tests of the marketplace share."""

import pytest

from openrisk.tasks import queue
from tests.marketplace.receiver import receiving


@pytest.fixture
def source(settings):
    """An HTTP server that connectors may reach."""
    settings.MARKETPLACE_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with receiving() as made:
        yield made


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def work() -> int:
    """Do all that a worker would do now; how many tasks there were."""
    count = 0
    while result := queue.claim_next("worker"):
        queue.run_claimed(result)
        count += 1
    return count
