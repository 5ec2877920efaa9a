"""Forms that have been carried out."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone


class FormSubmissionQuerySet(models.QuerySet["FormSubmission"]):
    KEPT_FOR = timedelta(hours=24)

    def delete_old(self) -> int:
        return self.filter(created_at__lte=timezone.now() - self.KEPT_FOR).delete()[0]


class FormSubmission(models.Model):
    """A form of a page that has created something, and where that is shown (`submissions`)."""

    key = models.CharField(max_length=64, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    location = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar[Any] = FormSubmissionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.location
