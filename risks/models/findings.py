"""Findings of scanners, and the risks they propose."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField, LongTextField
from risks.models.assets import Asset, Criticality
from risks.models.base import OrganizationOwned, Versioned, choices_constraint
from risks.models.imports import ImportRun
from risks.models.matrix import present_matrix
from risks.models.risk import Risk
from risks.querysets import FINDING_ORDERS, FindingQuerySet
from risks.scoring import HIGHEST_RATING, RATING_RANGE


class Severity(models.TextChoices):
    INFO = "info", _("Info")
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


class FindingRule(Versioned):
    """A rule: the findings that propose a risk, and the rating of that risk."""

    name = LineField(max_length=150)
    active = models.BooleanField(default=True)
    minimum_severity = models.CharField(
        max_length=8, choices=Severity.choices, default=Severity.CRITICAL
    )
    known_exploited = models.BooleanField(
        default=False, help_text=_("Only findings listed as known to be exploited (KEV)")
    )
    minimum_epss = models.DecimalField(
        max_digits=6,
        decimal_places=5,
        null=True,
        blank=True,
        validators=(MinValueValidator(0), MaxValueValidator(1)),
        help_text=_("Only findings at least so likely to be exploited, 0 to 1"),
    )
    minimum_criticality = models.CharField(
        max_length=8, choices=Criticality.choices, default=Criticality.LOW
    )
    likelihood = models.PositiveSmallIntegerField(
        validators=(MinValueValidator(1), MaxValueValidator(HIGHEST_RATING))
    )
    impact = models.PositiveSmallIntegerField(
        validators=(MinValueValidator(1), MaxValueValidator(HIGHEST_RATING))
    )

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name"),
                name="finding_rule_unique",
                violation_error_message="A rule of this name exists already.",
            ),
            choices_constraint("minimum_severity", Severity, "finding_rule_severity_known"),
            choices_constraint(
                "minimum_criticality", Criticality, "finding_rule_criticality_known"
            ),
            models.CheckConstraint(
                condition=Q(likelihood__range=RATING_RANGE, impact__range=RATING_RANGE),
                name="finding_rule_ratings_range",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check the rating by the organization's matrix too."""
        super().clean_fields(exclude)
        ratings = {"likelihood": self.likelihood, "impact": self.impact}
        present_matrix(self.organization).check_ratings(ratings)


class ProposalStatus(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")
    DISMISSED = "dismissed", _("Dismissed")


class RiskProposal(Versioned):
    """A risk that findings propose; a person confirms it (a draft risk) or dismisses it.

    `reason` is text of the time of the proposal: it stays when the rule changes.
    """

    rule = models.ForeignKey(FindingRule, models.SET_NULL, null=True, related_name="proposals")
    key = models.CharField(max_length=255, help_text=_("What the findings have in common"))
    title = LineField(max_length=255)
    reason = models.TextField()
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.PROPOSED
    )
    risk = models.OneToOneField(Risk, models.SET_NULL, null=True, related_name="proposal")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "key"), name="proposal_key_unique"),
            choices_constraint("status", ProposalStatus, "proposal_status_known"),
            models.CheckConstraint(
                condition=Q(likelihood__range=RATING_RANGE, impact__range=RATING_RANGE),
                name="proposal_ratings_range",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "created_at", "id"), name="proposal_by_created"),
        )

    def __str__(self) -> str:
        return self.title


class FindingState(models.TextChoices):
    OPEN = "open", _("Open")
    RESOLVED = "resolved", _("Resolved")
    ACCEPTED = "accepted", _("Accepted")
    FALSE_POSITIVE = "false_positive", _("False positive")

    @classmethod
    def decided(cls) -> "tuple[FindingState, ...]":
        """Return the states that people decide on, with a reason and perhaps an end."""
        return cls.ACCEPTED, cls.FALSE_POSITIVE


class Finding(Versioned):
    """Something a scanner saw on an asset. By its fingerprint, a rescan updates it.

    `decided_by` accepted it or called it a false positive, for `decision_reason`, until the end of
    the day `decided_until`; without one the decision has no end. Other states have no decision.
    """

    fingerprint = models.CharField(max_length=64, editable=False)
    tool = LineField(max_length=100)
    rule = LineField(max_length=255, help_text=_("Rule id or CVE"))
    location = LineField(max_length=1000, blank=True)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    cvss = models.DecimalField(
        max_digits=3,
        decimal_places=1,
        null=True,
        blank=True,
        validators=(MinValueValidator(0), MaxValueValidator(10)),
    )
    epss = models.DecimalField(
        max_digits=6,
        decimal_places=5,
        null=True,
        blank=True,
        validators=(MinValueValidator(0), MaxValueValidator(1)),
    )
    known_exploited = models.BooleanField(default=False)
    title = LineField(max_length=500)
    description = LongTextField(blank=True)
    cves = models.JSONField(
        "CVEs", default=list, blank=True, help_text=_("The vulnerabilities that it is about")
    )
    components = models.JSONField(
        default=list, blank=True, help_text=_("What has it: package URLs with versions")
    )
    asset = models.ForeignKey(
        Asset, models.SET_NULL, null=True, blank=True, related_name="findings"
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    state = models.CharField(max_length=14, choices=FindingState.choices, default=FindingState.OPEN)
    risk = models.ForeignKey(Risk, models.SET_NULL, null=True, blank=True, related_name="findings")
    proposal = models.ForeignKey(
        RiskProposal, models.SET_NULL, null=True, related_name="findings", editable=False
    )
    decision_reason = LongTextField(verbose_name=_("reason"), blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decided_until = models.DateField(_("end of the decision"), null=True, editable=False)

    objects: ClassVar[Any] = FindingQuerySet.as_manager()

    class Meta:
        ordering = ("-last_seen_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "fingerprint"), name="finding_fingerprint_unique"
            ),
            choices_constraint("severity", Severity, "finding_severity_known"),
            choices_constraint("state", FindingState, "finding_state_known"),
            models.CheckConstraint(
                condition=Q(cvss__isnull=True) | Q(cvss__range=(0, 10)), name="finding_cvss_range"
            ),
            models.CheckConstraint(
                condition=Q(epss__isnull=True) | Q(epss__range=(0, 1)), name="finding_epss_range"
            ),
            models.CheckConstraint(
                condition=Q(state__in=FindingState.decided())
                | Q(decision_reason="", decided_by=None, decided_at=None, decided_until=None),
                name="finding_decision_of_decided",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "last_seen_at", "id"), name="finding_by_last"),
            models.Index(fields=("organization", "first_seen_at", "id"), name="finding_by_first"),
            models.Index(fields=("organization", "severity", "id"), name="finding_by_severity"),
            models.Index(fields=("organization", "state", "id"), name="finding_by_state"),
            models.Index(fields=("organization", "rule", "id"), name="finding_by_rule"),
            models.Index(
                F("organization"), FINDING_ORDERS["severity"], F("id"), name="finding_by_rank"
            ),
            models.Index(
                F("organization"), FINDING_ORDERS["epss"], F("id"), name="finding_by_epss"
            ),
            models.Index(
                fields=("decided_until",),
                condition=Q(decided_until__isnull=False),
                name="finding_decision_end",
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule}: {self.title}"


class BillOfMaterials(OrganizationOwned):
    """The names that a bill of an asset gives its components, for statements that refer to it.

    `product` is the version of the asset, `subject` its reference in the bill, and `components`
    are by reference those whose reference is not a package URL. `seen_at` is the time of the last
    report with this bill: the latest one says which version of the asset is in use.
    """

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="bills")
    serial_number = models.CharField(max_length=64, blank=True)
    bill_version = models.CharField(max_length=20, blank=True)
    product = models.CharField(max_length=255, blank=True)
    subject = models.TextField(blank=True)
    components = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = "bill of materials"
        verbose_name_plural = "bills of materials"
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "asset", "serial_number", "bill_version", "product"),
                name="bill_of_materials_unique",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "serial_number"), name="bill_by_serial_number"),
        )

    def __str__(self) -> str:
        return f"{self.serial_number or self.product} of {self.asset}"


class VulnerabilityFacts(OrganizationOwned):
    """The facts of a feed about the CVEs of one year, for findings that are imported later.

    `epss` has the score and `exploited` the reason by the number of the CVE, which is the part
    after the year. They hold while `run` is the latest of its source that is applied.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="vulnerability_facts")
    year = models.PositiveSmallIntegerField()
    epss = models.JSONField(default=dict)
    exploited = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "vulnerability facts"
        constraints = (
            models.UniqueConstraint(fields=("run", "year"), name="vulnerability_facts_unique"),
        )

    def __str__(self) -> str:
        return f"{self.year} in {self.run}"
