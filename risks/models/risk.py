"""The risk, its links and its acceptances."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField, LongTextField
from openrisk.text.names import NameKeyField
from risks.models.base import Level, OrganizationOwned, Versioned, choices_constraint
from risks.models.matrix import Category
from risks.overdue import NOT_OPEN, is_review_overdue
from risks.querysets import RISK_ORDERS, AcceptanceQuerySet, RiskQuerySet
from risks.scoring import HIGHEST_RATING, KINDS, RATING_RANGE


class Status(models.TextChoices):
    """The states of `risks.states`."""

    DRAFT = "draft", _("Draft")
    IDENTIFIED = "identified", _("Identified")
    ASSESSED = "assessed", _("Assessed")
    TREATMENT_PLANNED = "treatment_planned", _("Treatment planned")
    IN_TREATMENT = "in_treatment", _("In treatment")
    MITIGATED = "mitigated", _("Mitigated")
    ACCEPTED = "accepted", _("Accepted")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Reopened")


class Treatment(models.TextChoices):
    MITIGATE = "mitigate", _("Mitigate")
    ACCEPT = "accept", _("Accept")
    TRANSFER = "transfer", _("Transfer")
    AVOID = "avoid", _("Avoid")


class Source(models.TextChoices):
    MANUAL = "manual", _("Manual")
    IMPORT = "import", _("Import")
    CONNECTOR = "connector", _("Connector")
    FINDING = "finding", _("Finding")
    PACK = "pack", _("Content pack")
    SAMPLE = "sample", _("Sample data")


def _rating() -> models.PositiveSmallIntegerField:
    """A likelihood or impact of the matrix, or None while it is not assessed."""
    return models.PositiveSmallIntegerField(
        null=True, blank=True, validators=(MinValueValidator(1), MaxValueValidator(HIGHEST_RATING))
    )


def _score() -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(null=True, editable=False)


def _level() -> models.CharField:
    return models.CharField(max_length=8, choices=Level.choices, null=True, editable=False)


def _person(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name=related_name,
        db_index=False,  # Risk.Meta.indexes begin with it
    )


def _scores_are_products(kind: str) -> Q:
    """Return the check for one kind: its score is the product of its ratings, or null.

    A check that evaluates to unknown passes, so it requires "not null" where a value must be.
    """
    parts = [f"{kind}_{part}" for part in ("likelihood", "impact", "score", "level")]
    likelihood, impact, total, level = parts
    assessed = Q(**{f"{part}__isnull": False for part in parts}) & Q(
        **{
            f"{likelihood}__range": RATING_RANGE,
            f"{impact}__range": RATING_RANGE,
            total: F(likelihood) * F(impact),
            f"{level}__in": Level.values,
        }
    )
    partial = Q(**{f"{total}__isnull": True, f"{level}__isnull": True}) & (
        Q(**{f"{likelihood}__isnull": True}) | Q(**{f"{impact}__isnull": True})
    )
    ranges = (
        Q(**{f"{likelihood}__isnull": True}) | Q(**{f"{likelihood}__range": RATING_RANGE})
    ) & (Q(**{f"{impact}__isnull": True}) | Q(**{f"{impact}__range": RATING_RANGE}))
    return assessed | (partial & ranges)


class Risk(Versioned):
    """A risk of one organization; see `risks.scoring` for scores and `risks.states` for status.

    `owner` is accountable, `assignee` does the work, `reviewer` validates; `owner_name` is free
    text where the owner is not a member. `extra` holds imported columns without a field,
    `custom_fields` the values of the fields that the organization added, by their key.
    `source_ratings` holds, by kind of rating, what the source says where ours differ or are absent;
    `derived_ratings` the figure that ratings were derived from, until someone confirms them.
    The `current_*` values are the residual ones where assessed, else the inherent ones.
    """

    number = models.PositiveIntegerField(editable=False)
    reference = models.CharField(max_length=16, editable=False)
    title = LineField(max_length=255)
    description = LongTextField(blank=True)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, related_name="risks", db_index=False
    )
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.IDENTIFIED, editable=False
    )
    owner = _person("owned_risks")
    owner_name = LineField(max_length=150, blank=True)
    assignee = _person("assigned_risks")
    reviewer = _person("reviewed_risks")
    treatment = models.CharField(max_length=10, choices=Treatment.choices, blank=True)
    source = models.CharField(
        max_length=10, choices=Source.choices, default=Source.MANUAL, editable=False
    )
    source_name = LineField(max_length=150, blank=True, editable=False)
    external_id = LineField(max_length=255, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    custom_fields = models.JSONField(default=dict, blank=True)

    inherent_likelihood = _rating()
    inherent_impact = _rating()
    residual_likelihood = _rating()
    residual_impact = _rating()
    target_likelihood = _rating()
    target_impact = _rating()
    inherent_score = _score()
    inherent_level = _level()
    residual_score = _score()
    residual_level = _level()
    target_score = _score()
    target_level = _level()
    current_likelihood = _score()
    current_impact = _score()
    current_score = _score()
    current_level = _level()
    priority = models.DecimalField(max_digits=5, decimal_places=2, null=True, editable=False)
    source_ratings = models.JSONField(default=dict, blank=True, editable=False)
    derived_ratings = models.JSONField(default=dict, blank=True, editable=False)

    review_interval_days = models.PositiveIntegerField(
        null=True, blank=True, validators=(MinValueValidator(1), MaxValueValidator(3660))
    )
    next_review_at = models.DateTimeField(null=True, blank=True)
    last_reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)

    assets = models.ManyToManyField("risks.Asset", through="RiskAsset", related_name="risks")
    controls = models.ManyToManyField("risks.Control", through="RiskControl", related_name="risks")

    objects: ClassVar[Any] = RiskQuerySet.as_manager()

    class Meta:
        ordering = ("-number", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "number"), name="risk_number_unique"),
            models.UniqueConstraint(
                fields=("organization", "source", "source_name", "external_id"),
                condition=~Q(external_id=""),
                name="risk_external_id_unique",
                violation_error_message="Another risk of this source has this external id.",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="risk_title_present"),
            choices_constraint("status", Status, "risk_status_known"),
            choices_constraint("treatment", Treatment, "risk_treatment_known", blank=True),
            choices_constraint("source", Source, "risk_source_known"),
            *(
                models.CheckConstraint(
                    condition=_scores_are_products(kind), name=f"risk_{kind}_score_is_product"
                )
                for kind in KINDS
            ),
        )
        indexes = (
            *(
                models.Index(F("organization"), order, F("id"), name=f"risk_by_{name}")
                for name, order in RISK_ORDERS.items()
                if name != "reference"  # risk_number_unique serves it
            ),
            # The cards of a column of the board: the rare statuses too are read in this order.
            models.Index(
                F("organization"),
                F("status"),
                RISK_ORDERS["priority"],
                F("id"),
                name="risk_status_by_priority",
            ),
            # Filters: an index on few distinct values is small, so that even one that matches every
            # row is counted from it alone in milliseconds.
            *(
                models.Index(
                    fields=(
                        "organization",
                        *(f"{kind}_{part}" for part in ("level", "score", "likelihood", "impact")),
                        *(("status",) if kind == "current" else ()),
                    ),
                    name=f"risk_{kind}",
                )
                for kind in (*KINDS, "current")
            ),
            # Groups of the list are counted, with the exposure of open risks, from the index alone.
            *(
                models.Index(
                    fields=(column, "organization", "status", "current_score"),
                    name=f"risk_{column}",
                )
                for column in ("category", "owner", "assignee", "reviewer")
            ),
            *(
                models.Index(
                    fields=("organization", *columns, "current_score"), name=f"risk_{name}"
                )
                for name, columns in (
                    ("group_status", ("status",)),
                    ("treatment", ("treatment", "status")),
                )
            ),
            *(
                models.Index(fields=("organization", field), name=f"risk_{field}")
                for field in (
                    "reference",
                    "external_id",
                    "priority",
                    "last_reviewed_at",
                )
            ),
            models.Index(
                fields=("organization", "next_review_at", "status"), name="risk_next_review_at"
            ),
            models.Index(fields=("organization", "source", "source_name"), name="risk_source"),
        )

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def is_open(self) -> bool:
        """Return whether it is neither a draft nor closed."""
        return self.status not in NOT_OPEN

    def is_review_overdue(self, at: datetime) -> bool:
        """Return whether it is open and its planned review has passed without one."""
        return is_review_overdue(self.status, self.next_review_at, at)

    @property
    def owner_label(self) -> str:
        """Return the member who is accountable, or the name that was imported; "" without one."""
        return str(self.owner) if self.owner else self.owner_name


class RiskTag(OrganizationOwned):
    """One word on one risk."""

    # No index of its own on `risk` here and below: the unique constraint has one.
    risk = models.ForeignKey(Risk, models.CASCADE, related_name="tags", db_index=False)
    name = LineField(max_length=50)
    name_key = NameKeyField()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("risk", "name_key"), name="risk_tag_name_unique"),
        )
        indexes = (
            models.Index(fields=("organization", "name_key", "name", "risk"), name="risk_tag_key"),
        )

    def __str__(self) -> str:
        return self.name


class RiskAsset(OrganizationOwned):
    """A risk threatens an asset."""

    risk = models.ForeignKey(Risk, models.CASCADE, related_name="asset_links", db_index=False)
    asset = models.ForeignKey(
        "risks.Asset", models.CASCADE, related_name="risk_links", db_index=False
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("risk", "asset"), name="risk_asset_unique"),)
        indexes = (models.Index(fields=("asset", "organization", "risk"), name="risk_asset_of"),)

    def __str__(self) -> str:
        return f"{self.risk} - {self.asset}"


class RiskControl(OrganizationOwned):
    """A control acts on a risk."""

    risk = models.ForeignKey(Risk, models.CASCADE, related_name="control_links", db_index=False)
    control = models.ForeignKey(
        "risks.Control", models.CASCADE, related_name="risk_links", db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("risk", "control"), name="risk_control_unique"),
        )
        indexes = (
            models.Index(fields=("control", "organization", "risk"), name="risk_control_of"),
        )

    def __str__(self) -> str:
        return f"{self.risk} - {self.control}"


class AcceptanceStatus(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Acceptance(Versioned):
    """A request to live with a risk until a date; another person decides (four eyes)."""

    risk = models.ForeignKey(Risk, models.CASCADE, related_name="acceptances")
    status = models.CharField(
        max_length=10,
        choices=AcceptanceStatus.choices,
        default=AcceptanceStatus.REQUESTED,
        editable=False,
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    justification = LongTextField()
    conditions = LongTextField(blank=True)
    expires_at = models.DateTimeField()
    # The risk as it was when this was requested; null for older requests.
    requested_score = _score()
    requested_level = _level()
    requested_title = models.CharField(max_length=255, blank=True, editable=False)
    requested_description = models.TextField(blank=True, editable=False)
    decision_comment = models.TextField(blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = AcceptanceQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            choices_constraint("status", AcceptanceStatus, "acceptance_status_known"),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("requester")),
                name="acceptance_four_eyes",
            ),
            models.CheckConstraint(condition=~Q(justification=""), name="acceptance_justified"),
            models.UniqueConstraint(
                fields=("risk",),
                condition=Q(status__in=("requested", "approved")),
                name="acceptance_one_live",
                violation_error_message="This risk has a live acceptance already.",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "created_at", "id"), name="acceptance_order"),
            models.Index(fields=("status", "expires_at"), name="acceptance_expiry"),
            models.Index(
                fields=("organization", "status", "expires_at"), name="acceptance_by_status"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_status_display()} acceptance of {self.risk}"

    @property
    def changes_since_request(self) -> list[str]:
        """Return sentences on how the risk has changed since the request; [] where it has not."""
        if not self.requested_title:  # an older request
            return []
        changes = []
        if self.requested_score != self.risk.current_score:
            changes.append(f"Requested at {self.requested_score}, now {self.risk.current_score}.")
        if self.requested_title != self.risk.title:
            changes.append(f"The title was: {self.requested_title}")
        if self.requested_description != self.risk.description:
            changes.append("The description has changed since the request.")
        return changes
