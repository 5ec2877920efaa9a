"""Housekeeping of idempotency keys."""

from openrisk.api.idempotency import forget_old
from openrisk.tasks import scheduled, task


@scheduled("47 * * * *", name="api.forget_idempotency_keys")
@task
def forget_idempotency_keys() -> int:
    return forget_old()
