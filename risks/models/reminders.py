"""Reminders that were sent, so that no day sends one twice."""

from django.conf import settings
from django.db import models

from risks.models.base import OrganizationOwned


class Reminder(OrganizationOwned):
    """The one reminder a person got about an organization on a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "organization", "on"), name="reminder_once_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} on {self.on}"
