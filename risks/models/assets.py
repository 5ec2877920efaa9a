"""Assets and how they depend on each other."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField, LongTextField
from openrisk.text.names import NameKeyField
from risks.models.base import OrganizationOwned, Versioned, choices_constraint
from risks.querysets import ASSET_ORDERS, AssetQuerySet


class Criticality(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


class AssetType(models.TextChoices):
    APPLICATION = "application", _("Application")
    SERVICE = "service", _("Service")
    SERVER = "server", _("Server")
    ENDPOINT = "endpoint", _("Endpoint")
    NETWORK = "network", _("Network")
    DATA = "data", _("Data")
    PEOPLE = "people", _("People")
    FACILITY = "facility", _("Facility")
    SUPPLIER = "supplier", _("Supplier")
    OTHER = "other", _("Other")


class Asset(Versioned):
    """Something of value that risks threaten; `criticality` weighs their priority."""

    name = LineField(max_length=255)
    name_key = NameKeyField()
    description = LongTextField(blank=True)
    type = models.CharField(max_length=12, choices=AssetType.choices, default=AssetType.OTHER)
    criticality = models.CharField(
        max_length=8, choices=Criticality.choices, default=Criticality.MEDIUM
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    external_id = LineField(max_length=255, blank=True)
    hostnames = models.JSONField(default=list, blank=True)
    addresses = models.JSONField(default=list, blank=True)

    objects: ClassVar[Any] = AssetQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name_key"),
                name="asset_name_key_unique",
                violation_error_message="An asset of this name exists already.",
            ),
            models.UniqueConstraint(
                fields=("organization", "external_id"),
                condition=~Q(external_id=""),
                name="asset_external_id_unique",
                violation_error_message="Another asset has this external id.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="asset_name_present"),
            choices_constraint("type", AssetType, "asset_type_known"),
            choices_constraint("criticality", Criticality, "asset_criticality_known"),
        )
        indexes = (
            models.Index(fields=("organization", "name", "id"), name="asset_by_name"),
            models.Index(fields=("organization", "criticality", "id"), name="asset_by_criticality"),
            models.Index(
                F("organization"), ASSET_ORDERS["criticality"], F("id"), name="asset_by_rank"
            ),
            models.Index(fields=("organization", "created_at", "id"), name="asset_by_created_at"),
            models.Index(fields=("organization", "updated_at", "id"), name="asset_by_updated_at"),
        )

    def __str__(self) -> str:
        return self.name


class DependencyKind(models.TextChoices):
    DEPENDS_ON = "depends_on", _("Depends on")
    RUNS_ON = "runs_on", _("Runs on")
    CONNECTS_TO = "connects_to", _("Connects to")
    STORED_IN = "stored_in", _("Stored in")
    SUPPLIED_BY = "supplied_by", _("Supplied by")


class AssetDependency(OrganizationOwned):
    """`asset` depends on, runs on ... `target`."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="dependencies")
    target = models.ForeignKey(Asset, models.CASCADE, related_name="dependents")
    kind = models.CharField(
        max_length=12, choices=DependencyKind.choices, default=DependencyKind.DEPENDS_ON
    )

    class Meta:
        verbose_name_plural = "asset dependencies"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("asset", "target", "kind"),
                name="dependency_unique",
                violation_error_message="This dependency exists already.",
            ),
            models.CheckConstraint(
                condition=~Q(asset=F("target")),
                name="dependency_no_self_loop",
                violation_error_message="An asset cannot depend on itself.",
            ),
            choices_constraint("kind", DependencyKind, "dependency_kind_known"),
        )

    def __str__(self) -> str:
        return f"{self.asset} {self.get_kind_display().lower()} {self.target}"
