"""Failed logins, and the fingerprints of the keys of the installation."""

from django.db import models


class LoginFailure(models.Model):
    """An attempt to log in that has not succeeded, kept for as long as it counts against others.

    `address` is the network address, of IPv6 its /64. `device` is the id of a device that the
    account was known on, whose attempts are counted by themselves.
    """

    email = models.CharField(max_length=254)
    address = models.GenericIPAddressField()
    device = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=("email", "at"), name="login_failure_email"),
            models.Index(fields=("address", "at"), name="login_failure_address"),
        )

    def __str__(self) -> str:
        return f"{self.email} from {self.address}"


class KeyFingerprint(models.Model):
    """By what the database knows a key of the installation (openrisk.accounts.key_fingerprints)."""

    name = models.CharField(max_length=20, primary_key=True)
    fingerprint = models.CharField(max_length=16)
    noted_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} {self.fingerprint}"
