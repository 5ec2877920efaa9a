"""The form of a scheduled report: what, when in words, and to whom."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboards.boards.editing import visible_to
from dashboards.models import Board, ReportSchedule, validate_recipients
from dashboards.periods import DEFAULT_PERIOD, PERIOD_LABELS
from dashboards.schedules.timing import (
    LAST_DAY,
    MONTH_DAYS,
    Frequency,
    ScheduleWords,
    Timing,
    read_words,
    weekday_names,
)
from openrisk.accounts.models import Membership, Role, User
from openrisk.pages.comparison import ComparedForm
from openrisk.pages.forms import PageForm, VersionField
from risks.pages.widgets import RowsField

SHOWN_TIMES = 3
FREQUENCIES = (
    (Frequency.DAILY, gettext_lazy("Every day")),
    (Frequency.WEEKLY, gettext_lazy("Every week")),
    (Frequency.MONTHLY, gettext_lazy("Every month, on a day")),
    (Frequency.MONTHLY_WORKING_DAY, gettext_lazy("Every month, on its first working day")),
    (Frequency.QUARTERLY, gettext_lazy("Every quarter, on a day")),
    (Frequency.QUARTERLY_WORKING_DAY, gettext_lazy("Every quarter, on its first working day")),
    (Frequency.CRON, gettext_lazy("By a cron expression")),
)
DAYS = (
    *((day, day) for day in MONTH_DAYS if day != LAST_DAY),
    (LAST_DAY, gettext_lazy("Last day")),
)
USUAL_TIME = time(7)
FIRST_OF_MONTH = Timing("0 7 * * *", first_working_day=True)


def weekday_choices() -> list[tuple[str, str]]:
    return [(str(number), name) for number, name in enumerate(weekday_names())]


class TimingFields(forms.Form):
    """Mixin of a form: times in words, or as a cron expression. `timing` is what they mean."""

    frequency = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=FREQUENCIES,
        help_text=gettext_lazy(
            "The first working day is the first one from Monday to Friday. Public holidays are not "
            "known."
        ),
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On"),
        required=False,
        choices=lazy(weekday_choices, list)(),
        widget=forms.CheckboxSelectMultiple,
    )
    day = forms.ChoiceField(
        label=gettext_lazy("Day of the month"),
        required=False,
        choices=DAYS,
        help_text=gettext_lazy("For a quarter: of its first month."),
    )
    at = forms.TimeField(
        label=gettext_lazy("At (UTC)"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Times are in UTC: OpenRisk knows no other time zone yet."),
    )
    cron = forms.CharField(
        label=gettext_lazy("Cron expression"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "Minute, hour, day, month and weekday in UTC: “0 7 * * 1” is Mondays at 07:00."
        ),
    )

    timing: Timing | None = None  # set by clean()

    def clean_timing(self) -> Timing | None:
        """Return the timing, or add an error beside the field that is missing."""
        data = self.cleaned_data
        if "frequency" not in data:
            return None
        frequency = Frequency(data["frequency"])
        if frequency is Frequency.CRON:
            return self.clean_cron_timing(" ".join(data.get("cron", "").split()))
        if frequency is Frequency.WEEKLY and not data.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one day."))
        if not data.get("at"):
            if "at" not in self.errors:
                self.add_error("at", _("Give a time, such as 07:00."))
            return None
        if self.errors.keys() & {"weekdays", "day"}:
            return None
        weekdays = tuple(sorted(int(day) for day in data["weekdays"]))
        return ScheduleWords(frequency, data["at"], weekdays, data.get("day") or "1").compile()

    def clean_cron_timing(self, cron: str) -> Timing | None:
        if not cron:
            self.add_error("cron", _("Give an expression, such as “0 7 * * 1”."))
            return None
        stored = self.stored_timing()
        keeps = stored is not None and stored.cron == cron and stored.first_working_day
        timing = Timing(cron, keeps)
        try:
            timing.next_after(timezone.now())
        except ValueError as reason:
            self.add_error("cron", str(reason))
            return None
        return timing

    def stored_timing(self) -> Timing | None:
        """Return the timing of the row that is edited; None for a new one."""
        return None

    def timing_values(self) -> dict[str, Any]:
        """Return the fields of the schedule that the timing of a valid form means."""
        assert self.timing is not None  # noqa: S101  see `clean_timing`
        return {"cron": self.timing.cron, "first_working_day": self.timing.first_working_day}


def initial_words(timing: Timing) -> dict[str, Any]:
    """Return the fields of the form for a timing."""
    words = read_words(timing)
    if words is None:
        return {"frequency": Frequency.CRON.value, "cron": timing.cron, "at": USUAL_TIME}
    return {
        "frequency": words.frequency.value,
        "weekdays": [str(day) for day in words.weekdays],
        "day": words.day,
        "at": words.at,
        "cron": timing.cron,
    }


class ScheduledReportForm(ComparedForm, TimingFields, PageForm):
    """A schedule; `instance` is None for a new one. `board` is empty for the overview."""

    board = forms.ChoiceField(label=gettext_lazy("Report"), required=False)
    period = forms.ChoiceField(
        label=gettext_lazy("Compared with"),
        choices=[
            (value, format_lazy(gettext_lazy("{period} before"), period=label))
            for value, label in PERIOD_LABELS.items()
        ],
    )
    people = RowsField(
        "people",
        label=gettext_lazy("Send to"),
        help_text=gettext_lazy("Members. Recipients see each other's addresses."),
    )
    others = forms.CharField(
        label=gettext_lazy("Other addresses"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy(
            "Of people who are not members, one on each line. Only administrators may enter these."
        ),
    )
    version = VersionField()
    service_fields = {"recipients": "people"}
    field_order = ("board", "period", "frequency", "weekdays", "day", "at", "cron", "people")

    def __init__(
        self, data: Any = None, *, member: Membership, instance: ReportSchedule | None = None
    ) -> None:
        self.member, self.instance = member, instance
        super().__init__(data, initial=self.stored_fields())
        fields: dict[str, Any] = self.fields
        fields["people"].limit_to(member.organization)
        names = visible_to(member).values_list("pk", "name")
        fields["board"].choices = [
            ("", _("Executive report (the overview)")),
            *((str(pk), _("Board: %(name)s") % {"name": name}) for pk, name in names),
        ]
        may_send_outside = member.has_role(Role.ADMIN)
        if not may_send_outside and not self.initial.get("others"):
            del fields["others"]

    def stored_fields(self) -> dict[str, Any]:
        schedule = self.instance
        if schedule is None:
            return {**initial_words(FIRST_OF_MONTH), "period": DEFAULT_PERIOD, "people": []}
        members = User.objects.filter(
            is_active=True, memberships__organization=schedule.organization_id
        )
        people = {
            person.email.lower(): person
            for person in members.filter(
                email__in={str(one).lower() for one in schedule.recipients}
            )
        }
        recipients = [str(address) for address in schedule.recipients]
        return {
            **initial_words(schedule.timing),
            "board": str(schedule.board_id or ""),
            "period": schedule.period,
            "people": [people[one.lower()] for one in recipients if one.lower() in people],
            "others": "\n".join(one for one in recipients if one.lower() not in people),
            "version": schedule.version,
        }

    def stored_timing(self) -> Timing | None:
        return self.instance.timing if self.instance else None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.timing = self.clean_timing()
        if "people" in data:
            lines = [line.strip() for line in data.get("others", "").splitlines()]
            data["recipients"] = [person.email for person in data["people"]]
            data["recipients"] += [line for line in lines if line]
            self.check_recipients(data["recipients"])
        return data

    def check_recipients(self, recipients: list[str]) -> None:
        if not recipients:
            self.add_error("people", _("Choose at least one person."))
        try:
            validate_recipients(recipients)
        except ValidationError as problem:
            self.add_error("others" if "others" in self.fields else "people", problem)

    def values(self) -> dict[str, Any]:
        """Return the fields of the schedule, as arguments of the services."""
        data = self.cleaned_data
        boards = Board.objects.for_organization(self.member.organization)
        return {
            "board": boards.filter(pk=data["board"]).first() if data["board"] else None,
            "period": data["period"],
            "recipients": list(dict.fromkeys(data["recipients"])),
            **self.timing_values(),
        }

    def changes(self) -> dict[str, Any]:
        """Return the fields that differ from those of the instance."""
        schedule: Any = self.instance
        return {
            name: value for name, value in self.values().items() if getattr(schedule, name) != value
        }

    def next_times(self) -> list[datetime]:
        """Return the next times of what is entered, or none while it is not complete."""
        self.is_valid()  # sets `timing`; what a service has refused stays
        timing = self.timing if self.is_bound else self.shown_timing()
        if timing is None:
            return []
        try:
            return timing.next_times(SHOWN_TIMES, timezone.now())
        except ValueError:
            return []

    def shown_timing(self) -> Timing:
        return self.instance.timing if self.instance else FIRST_OF_MONTH
