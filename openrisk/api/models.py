"""Records of the API itself."""

from django.conf import settings
from django.db import models


class IdempotencyRecord(models.Model):
    """A POST with an `Idempotency-Key` that was carried out, and its answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=b"")
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "organization", "key"), name="idempotency_key_unique"
            ),
        )

    def __str__(self) -> str:
        return self.key
