"""Installed apps, their runs and deliveries, reviews of connectors, and packs.

Connectors are code (`marketplace.connectors`); a row names one by its slug.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openrisk.tasks.declarations import next_occurrence
from openrisk.text.fields import LineField
from risks.models import ImportRun
from risks.models.base import OrganizationOwned, Versioned, choices_constraint
from risks.querysets import OrganizationRowQuerySet

TEST_PATIENCE = timedelta(minutes=10)  # a test that takes longer may be requested again


class AppState(models.TextChoices):
    NOT_CONFIGURED = "not_configured", _("Not configured")
    CONFIGURED = "configured", _("Configured")
    TESTED = "tested", _("Tested")
    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")
    ERROR = "error", _("Error")
    UNINSTALLED = "uninstalled", _("Uninstalled")


class SyncMode(models.TextChoices):
    PREVIEW = "preview", _("Preview")
    APPLY = "apply", _("Apply")


class InstalledAppQuerySet(OrganizationRowQuerySet):
    def installed(self) -> Self:
        return self.exclude(state=AppState.UNINSTALLED)

    def running(self) -> Self:
        """Apps that work by themselves: enabled, also while they fail."""
        return self.filter(state__in=(AppState.ENABLED, AppState.ERROR), enabled_at__isnull=False)

    def due(self, now: datetime) -> Self:
        return self.running().filter(next_run_at__lte=now)


class InstalledApp(Versioned):
    """One organization's installation of a connector.

    Imported objects keep the `name` of the app as their source, also when the app is gone.
    `secrets` are encrypted; `settings` hold the rest of the configuration, which may be shown
    (marketplace.installations.configuration). `enabled_at` is set while the app should work, also
    in state error, which `reason` explains. `test_queued_at` is set while a test waits or runs.
    """

    connector = models.CharField(max_length=60)
    name = LineField(max_length=100)
    state = models.CharField(
        max_length=14, choices=AppState.choices, default=AppState.NOT_CONFIGURED
    )
    reason = models.TextField(blank=True)
    settings = models.JSONField(default=dict, blank=True)
    secrets = models.TextField(blank=True, editable=False)
    cron = models.CharField(max_length=100, blank=True)
    mode = models.CharField(max_length=7, choices=SyncMode.choices, default=SyncMode.APPLY)
    next_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    test_queued_at = models.DateTimeField(null=True, blank=True, editable=False)
    enabled_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = InstalledAppQuerySet.as_manager()

    class Meta:
        db_table = "marketplace_app"
        verbose_name = "app"
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                condition=~Q(state=AppState.UNINSTALLED),
                name="app_name_unique",
                violation_error_message="An app of this name is installed already.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="app_name_present"),
            choices_constraint("state", AppState, "app_state_known"),
            choices_constraint("mode", SyncMode, "app_mode_known"),
        )
        indexes = (
            models.Index(fields=("organization", "name", "id"), name="app_by_name"),
            models.Index(fields=("organization", "created_at", "id"), name="app_by_created"),
            models.Index(
                fields=("next_run_at",), condition=Q(next_run_at__isnull=False), name="app_due"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_being_tested(self) -> bool:
        """Whether a test waits or runs. A test that does not end in time no longer counts."""
        since = self.test_queued_at
        return since is not None and timezone.now() - since < TEST_PATIENCE

    def advance(self, now: datetime) -> bool:
        """Claim the occurrence that is due. True for exactly one of all workers that try."""
        return self.move_to(next_occurrence(self.cron, now))

    def move_to(self, at: datetime) -> bool:
        """Run next at another time. False if another worker has already moved it."""
        unchanged = InstalledApp.objects.running().filter(
            pk=self.pk, cron=self.cron, next_run_at=self.next_run_at
        )
        return unchanged.update(next_run_at=at) == 1


class SyncStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    PREVIEWED = "previewed", _("Previewed")
    APPLIED = "applied", _("Applied")
    FAILED = "failed", _("Failed")
    QUARANTINED = "quarantined", _("Quarantined")
    UNDONE = "undone", _("Undone")


class Failure(models.TextChoices):
    CONNECTION = "connection", _("The source was not reached")
    CREDENTIAL = "credential", _("The source refused the credentials")
    REPORT = "report", _("The report could not be read")
    REGISTER = "register", _("The register could not be written")
    INTERNAL = "internal", _("OpenRisk or the connector has a fault")


class SyncRun(OrganizationOwned):
    """One reading of one app's source. `import_run` holds its rows, once there are any.

    `items` counts the entries of the report, `counts` what the run does with them: created,
    updated, unchanged, closed, rejected. `report` is the uploaded file while the run waits.
    """

    app = models.ForeignKey(InstalledApp, models.CASCADE, related_name="runs")
    status = models.CharField(max_length=11, choices=SyncStatus.choices, default=SyncStatus.QUEUED)
    mode = models.CharField(max_length=7, choices=SyncMode.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    schedule = models.CharField(max_length=100, blank=True)
    report = models.FileField(upload_to="reports/", blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    items = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    log = models.JSONField(default=list)
    failure = models.CharField(max_length=10, choices=Failure.choices, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    import_run = models.OneToOneField(
        ImportRun,
        models.SET_NULL,
        null=True,
        related_name="sync_run",
        editable=False,
        db_column="run_id",  # nodes of the version before still read it
    )

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            # One runner per app at a time, whatever the number of workers.
            models.UniqueConstraint(
                fields=("app",), condition=Q(status=SyncStatus.RUNNING), name="sync_one_runner"
            ),
            choices_constraint("status", SyncStatus, "sync_status_known"),
            choices_constraint("mode", SyncMode, "sync_mode_known"),
            choices_constraint("failure", Failure, "sync_failure_known", blank=True),
        )
        indexes = (
            models.Index(fields=("organization", "created_at", "id"), name="sync_by_created"),
            models.Index(fields=("app", "created_at", "id"), name="sync_by_app"),
        )

    def __str__(self) -> str:
        return f"{self.app} ({self.get_status_display().lower()})"

    @property
    def duration(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class Delivery(OrganizationOwned):
    """One event of the register for one app. `event` identifies it, so that it is sent once."""

    app = models.ForeignKey(InstalledApp, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=100)
    type = models.CharField(max_length=40)
    at = models.DateTimeField()
    content = models.JSONField()
    status = models.CharField(
        max_length=9, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=("app", "event"), name="delivery_once"),
            choices_constraint("status", DeliveryStatus, "delivery_status_known"),
        )
        indexes = (models.Index(fields=("app", "created_at", "id"), name="delivery_by_app"),)

    def __str__(self) -> str:
        return f"{self.type} to {self.app}"


class Review(Versioned):
    """The opinion of one organization about a connector that it has installed."""

    connector = models.CharField(max_length=60)
    rating = models.PositiveSmallIntegerField(
        validators=(MinValueValidator(1), MaxValueValidator(5))
    )
    text = models.TextField(blank=True, max_length=2000)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "connector"),
                name="review_unique",
                violation_error_message="Your organization has reviewed this. Change that review.",
            ),
            models.CheckConstraint(condition=Q(rating__range=(1, 5)), name="review_rating_range"),
        )

    def __str__(self) -> str:
        return f"{self.rating} of 5 for {self.connector}"


class Rating(models.Model):
    """The sum of all reviews of a connector; the texts stay with their organizations."""

    connector = models.CharField(max_length=60, primary_key=True)
    reviews = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.connector}: {self.reviews} reviews"


class TrustedPublisher(models.Model):
    """A publisher whose packs may be installed without asking, known by the signing key."""

    name = LineField(max_length=150)
    key = models.CharField(
        max_length=64, unique=True, help_text="Public key of Ed25519 in base64, from the publisher"
    )
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class PackStatus(models.TextChoices):
    INSTALLED = "installed", _("Installed")
    UNINSTALLED = "uninstalled", _("Uninstalled")


class InstalledPack(Versioned):
    """A content pack in one organization, at its present version."""

    pack = models.CharField(max_length=100)
    name = LineField(max_length=150)
    pack_version = models.CharField(max_length=50, blank=True)
    publisher = models.CharField(max_length=150)
    licence = models.CharField(max_length=50)
    trust = models.CharField(max_length=10, blank=True)
    signed_by = models.CharField(max_length=150, blank=True)  # a trusted publisher
    status = models.CharField(
        max_length=11, choices=PackStatus.choices, default=PackStatus.INSTALLED
    )

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "pack"), name="pack_unique"),
            choices_constraint("status", PackStatus, "pack_status_known"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.pack_version}"


class PackChange(OrganizationOwned):
    """Installs a pack, upgrades it or rolls it back; `import_run` holds the rows."""

    installed = models.ForeignKey(InstalledPack, models.CASCADE, related_name="changes")
    pack_version = models.CharField(max_length=50)
    trust = models.CharField(max_length=10)
    signed_by = models.CharField(max_length=150, blank=True)
    contents = models.JSONField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    import_run = models.OneToOneField(
        ImportRun, models.SET_NULL, null=True, related_name="pack_change", db_column="run_id"
    )

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("installed", "created_at"), name="pack_change_of"),)

    def __str__(self) -> str:
        return f"{self.installed.pack} {self.pack_version}"
