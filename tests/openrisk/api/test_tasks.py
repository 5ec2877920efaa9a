"""The API's housekeeping."""

import pytest
from django.db import connection

from openrisk.api.tasks import compact_cache_tokens
from openrisk.caching.freshness import tag_versions
from openrisk.tasks.declarations import scheduled_tasks


def test_tokens_are_compacted_every_minute() -> None:
    scheduled = scheduled_tasks()["api.compact_cache_tokens"]
    assert scheduled.cron == "* * * * *"
    assert scheduled.task is compact_cache_tokens


@pytest.mark.django_db
def test_compaction_removes_rows_and_moves_no_token() -> None:
    for _ in range(3):
        tag_versions.bump(["risks.risk:*"])
    rows = tag_versions.count_rows()
    gone = compact_cache_tokens.call()
    assert gone >= (2 if connection.vendor == "postgresql" else 0)
    assert tag_versions.count_rows() == rows - gone
    assert compact_cache_tokens.call() == 0
