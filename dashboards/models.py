"""Boards and scheduled reports. Figures are computed when they are read, never stored."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dashboards.periods import PERIOD_LABELS
from dashboards.schedules.timing import Timing, describe_timing
from openrisk.tasks.declarations import next_occurrence
from openrisk.text.fields import LineField
from risks.models.base import Versioned, choices_constraint
from risks.querysets import OrganizationRowQuerySet

MOST_RECIPIENTS = 50


class Board(Versioned):
    """A page of widgets from the catalogue (`dashboards.pages.widgets`), with saved filters.

    `widgets` is a list of `{"name": <in the catalogue>, "wide": bool}`. `filters` are parameters of
    the page's address: period, category, owner, tag, asset. Only the owner sees a board that is not
    shared.
    """

    slug = models.SlugField(max_length=60)
    name = LineField(max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False)
    widgets = models.JSONField(default=list)
    filters = models.JSONField(default=dict)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "slug"), name="board_slug_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="board_name_present"),
        )

    def __str__(self) -> str:
        return self.name


class Dashboard(models.TextChoices):
    EXECUTIVE = "executive", _("Overview")


def validate_cron(cron: str) -> None:
    try:
        next_occurrence(cron, timezone.now())
    except ValueError as reason:
        raise ValidationError(str(reason)) from None


def validate_recipients(recipients: Any) -> None:
    """Require a list of e-mail addresses."""
    if not isinstance(recipients, list) or len(recipients) > MOST_RECIPIENTS:
        raise ValidationError(f"Give a list of at most {MOST_RECIPIENTS} addresses.")
    for address in recipients:
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(f"Not an e-mail address: {str(address)[:100]}.") from None


class ReportScheduleQuerySet(OrganizationRowQuerySet):
    def due(self, now: datetime) -> Self:
        return self.filter(active=True, next_run_at__lte=now)


class ReportSchedule(Versioned):
    """A report that is sent by e-mail at the times of a cron expression.

    `author` is who saved it last. It shows what they may see (`dashboards.schedules.rights`). It is
    None for schedules of older versions, which show what all members see.
    """

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    dashboard = models.CharField(
        max_length=20, choices=Dashboard.choices, default=Dashboard.EXECUTIVE
    )
    board = models.ForeignKey(
        Board,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="This board instead of the overview: one of your own, or one that is shared.",
    )
    recipients = models.JSONField(validators=[validate_recipients])
    cron = models.CharField(
        "when",
        max_length=100,
        validators=[validate_cron],
        help_text="Minute, hour, day, month and weekday in UTC: '0 7 * * 1' is Mondays at 07:00.",
    )
    # Cron cannot say it: of the times of `cron`, those on this day alone.
    first_working_day = models.BooleanField(
        _("only on the first working day of the month"),
        default=False,
        help_text=_("The first day from Monday to Friday. Public holidays are not known."),
    )
    period = models.CharField(
        "compared with", max_length=4, choices=list(PERIOD_LABELS.items()), default="30d"
    )
    active = models.BooleanField(default=True)
    next_run_at = models.DateTimeField("next", editable=False)
    last_sent_at = models.DateTimeField("last sent", null=True, editable=False)
    last_recipients = models.JSONField("last sent to", default=list, editable=False)
    last_error = models.TextField(blank=True, editable=False)

    objects: ClassVar[Any] = ReportScheduleQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("next_run_at",), condition=Q(active=True), name="report_due"),
        )
        constraints = (
            choices_constraint("dashboard", Dashboard, "report_dashboard_known"),
            models.CheckConstraint(
                condition=Q(period__in=list(PERIOD_LABELS)), name="report_period_known"
            ),
        )

    def __str__(self) -> str:
        report = self.board.name if self.board else self.get_dashboard_display()
        return f"{report} to {', '.join(self.recipients)}"

    @property
    def timing(self) -> Timing:
        return Timing(self.cron, self.first_working_day)

    @property
    def when_in_words(self) -> str:
        return describe_timing(self.timing)

    def advance(self, now: datetime) -> bool:
        """Claim the occurrence that is due, and wait for the first one after `now`.

        Returns True for exactly one of the workers that read this occurrence.
        """
        return self.move_to(self.timing.next_after(now))

    def move_to(self, at: datetime) -> bool:
        """Send next at another time. Returns False if another worker has moved it already."""
        unchanged = ReportSchedule.objects.filter(
            pk=self.pk,
            active=True,
            cron=self.cron,
            first_working_day=self.first_working_day,
            next_run_at=self.next_run_at,
        )
        return unchanged.update(next_run_at=at) == 1

    def is_waiting_for(self, due: datetime) -> bool:
        """Return whether the report that was due then has not been sent yet."""
        return self.active and (self.last_sent_at is None or self.last_sent_at < due)


class DocumentSettings(Versioned):
    """The logo and the line on confidentiality that the documents of an organization carry.

    The logo is a PNG that `dashboards.documents.logo` has drawn from the upload. Its digest stands
    for it in the history.
    """

    confidentiality = LineField(
        _("confidentiality line"),
        max_length=120,
        blank=True,
        help_text=_("At the top of each page, for example “Confidential: for the board only”."),
    )
    logo = models.BinaryField(blank=True, default=b"", editable=False)
    logo_digest = models.CharField(_("logo"), max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("document settings")
        verbose_name_plural = _("document settings")
        constraints = (
            models.UniqueConstraint(fields=("organization",), name="document_settings_unique"),
        )

    def __str__(self) -> str:
        return f"Documents of {self.organization}"


class ChecklistDismissal(Versioned):
    """The checklist for beginners is no longer shown in the organization."""

    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("dismissed checklist")
        verbose_name_plural = _("dismissed checklists")
        constraints = (
            models.UniqueConstraint(fields=("organization",), name="checklist_dismissal_unique"),
        )

    def __str__(self) -> str:
        return f"Checklist of {self.organization}"
