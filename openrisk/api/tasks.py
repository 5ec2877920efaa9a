"""Housekeeping: idempotency keys, and the cache's tokens (the cache itself knows no tasks)."""

from openrisk.api.idempotency import delete_old_records
from openrisk.caching.freshness import tag_versions
from openrisk.tasks import scheduled, task


@scheduled("47 * * * *", name="api.forget_idempotency_keys")
@task
def forget_idempotency_keys() -> int:
    return delete_old_records()


@scheduled("* * * * *", name="api.compact_cache_tokens")
@task
def compact_cache_tokens() -> int:
    """Writes only ever add rows; a stamp reads all of a tag's, so they are to stay few."""
    return tag_versions.compact()
