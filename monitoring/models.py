"""The inbox of alerts that Alertmanager sends."""

from django.conf import settings
from django.db import models
from django.db.models import F

from openrisk.database.ids import uuid7
from risks.models import Finding, Risk

# An alert that fires as long as rules are evaluated and messages arrive: its absence is the signal.
HEARTBEAT = "Watchdog"


class AlertQuerySet(models.QuerySet["Alert"]):
    def for_people(self) -> "AlertQuerySet":
        """Return all but the heartbeat: firing alerts first, then the last that ended."""
        ordered = self.exclude(name=HEARTBEAT).select_related(
            "acknowledged_by", "risk__organization", "finding__organization"
        )
        return ordered.order_by(F("ends_at").desc(nulls_first=True), "-starts_at", "-id")

    def firing(self) -> "AlertQuerySet":
        return self.filter(ends_at=None)


class Alert(models.Model):
    """One alert, from its start until its end. It is about the installation as a whole."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fingerprint = models.CharField(max_length=64, help_text="Alertmanager's, of the labels")
    name = models.CharField(max_length=200)
    severity = models.CharField(max_length=50, blank=True)
    summary = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    runbook_url = models.CharField(max_length=1000, blank=True)
    dashboard_url = models.CharField(max_length=1000, blank=True)
    labels = models.JSONField(default=dict)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(help_text="When Alertmanager last spoke of it")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    risk = models.ForeignKey(Risk, models.SET_NULL, null=True, related_name="+")
    finding = models.ForeignKey(Finding, models.SET_NULL, null=True, related_name="+")

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("fingerprint", "starts_at"), name="alert_unique"),
        )
        indexes = (models.Index(fields=("name", "seen_at"), name="alert_by_name"),)

    def __str__(self) -> str:
        return f"{self.name} since {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_firing(self) -> bool:
        return self.ends_at is None
