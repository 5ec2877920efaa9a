"""The times of a schedule: in words, as a cron expression, and the next ones.

A schedule is stored as a cron expression in UTC and whether it waits for the first working day of
the month, which cron cannot say. Words are compiled to both, and read back from both: an expression
that no words say is shown as it is.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from openrisk.tasks.declarations import CLOCK_TOLERANCE, next_occurrence

LAST_DAY = "L"  # of the month, in cron too
MONTH_DAYS = (*map(str, range(1, 29)), LAST_DAY)  # that every month has
QUARTERS = "1,4,7,10"
MONDAY, SATURDAY = 0, 5
MOST_MONTHS = 120  # that are searched for the next time
CRON_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")  # 0 to 6


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    MONTHLY_WORKING_DAY = "monthly_working_day"
    QUARTERLY = "quarterly"
    QUARTERLY_WORKING_DAY = "quarterly_working_day"
    CRON = "cron"


BY_DAY = (Frequency.MONTHLY, Frequency.QUARTERLY)
WORKING_DAY = (Frequency.MONTHLY_WORKING_DAY, Frequency.QUARTERLY_WORKING_DAY)


@dataclass(frozen=True)
class Timing:
    """A cron expression in UTC. With `first_working_day` only its times on that day count."""

    cron: str
    first_working_day: bool = False

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time later than `moment`. Raises ValueError if there is none."""
        if not self.first_working_day:
            return next_occurrence(self.cron, moment)
        for _month in range(MOST_MONTHS):
            moment = next_occurrence(self.cron, moment)
            if moment.date() == first_working_day(moment.date()):
                return moment
            day = first_working_day_after(moment.date())
            moment = datetime.combine(day, time(), UTC) - timedelta(minutes=1)
        raise ValueError(
            f"{self.cron!r} never occurs on the first working day of a month: give '*' as the day."
        )

    def next_times(self, count: int, after: datetime) -> list[datetime]:
        times: list[datetime] = []
        for _number in range(count):
            after = self.next_after(after)
            times.append(after)
        return times

    def is_too_far(self, next_run_at: datetime, now: datetime) -> bool:
        """Return whether a clock that was ahead has moved a schedule beyond its next time."""
        return next_run_at > self.next_after(now + CLOCK_TOLERANCE)


def first_working_day(day: date) -> date:
    """Return the first day from Monday to Friday of the month of `day`."""
    first = day.replace(day=1)
    days = 7 - first.weekday() if first.weekday() >= SATURDAY else 0
    return first + timedelta(days=days)


def first_working_day_after(day: date) -> date:
    this_month = first_working_day(day)
    if this_month > day:
        return this_month
    return first_working_day(day.replace(day=1) + timedelta(days=32))


# --- Words --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ScheduleWords:
    """The times of a schedule as people choose them. Weekdays are 0 (Monday) to 6."""

    frequency: Frequency
    at: time
    weekdays: tuple[int, ...] = ()
    day: str = "1"  # of the month: 1 to 28, or LAST_DAY

    def compile(self) -> Timing:
        """Return the timing that these words mean."""
        days, months, weekdays = "*", "*", "*"
        if self.frequency is Frequency.WEEKLY:
            weekdays = ",".join(str((day + 1) % 7) for day in self.weekdays)
        elif self.frequency in BY_DAY:
            days = self.day
        if self.frequency in (Frequency.QUARTERLY, Frequency.QUARTERLY_WORKING_DAY):
            months = QUARTERS
        cron = f"{self.at.minute} {self.at.hour} {days} {months} {weekdays}"
        return Timing(cron, self.frequency in WORKING_DAY)


def read_words(timing: Timing) -> ScheduleWords | None:
    """Return the words that mean this timing, or None where only cron says it."""
    match = re.fullmatch(r"0?(\d+) 0?(\d+) (\S+) (\S+) (\S+)", " ".join(timing.cron.split()))
    if match is None or int(match[1]) > 59 or int(match[2]) > 23:
        return None
    at, day = time(int(match[2]), int(match[1])), match[3].upper()
    weekdays = read_weekdays(match[5].lower())
    daily = ScheduleWords(Frequency.DAILY, at)
    if weekdays:
        is_weekly = (day, match[4], timing.first_working_day) == ("*", "*", False)
        return replace(daily, frequency=Frequency.WEEKLY, weekdays=weekdays) if is_weekly else None
    candidates = [daily, *(replace(daily, frequency=frequency) for frequency in WORKING_DAY)]
    if day in MONTH_DAYS:
        candidates = [replace(daily, frequency=frequency, day=day) for frequency in BY_DAY]
    meaning = replace(timing, cron=f"{at.minute} {at.hour} {day} {match[4]} {match[5]}")
    return next((words for words in candidates if words.compile() == meaning), None)


def read_weekdays(text: str) -> tuple[int, ...]:
    """Return the weekdays of a field of cron such as "1-5" or "mon,thu"; none if it is another."""
    numbers: set[int] = set()
    for name, number in zip(CRON_DAYS, range(7), strict=True):
        text = text.replace(name, str(number))
    for part in text.split(","):
        match = re.fullmatch(r"([0-7])(?:-([0-7]))?", part)
        if match is None:
            return ()
        first, last = int(match[1]), int(match[2] or match[1])
        numbers |= set(range(first, last + 1))
    return tuple(sorted({(number - 1) % 7 for number in numbers}))


def weekday_names() -> list[str]:
    monday = date(2024, 1, 1)
    return [date_format(monday + timedelta(days=day), "l") for day in range(7)]


def describe_timing(timing: Timing) -> str:
    """Return "Every week on Monday at 07:00 UTC", or the cron expression."""
    words = read_words(timing)
    if words is None:
        if timing.first_working_day:
            return _("Cron “%(cron)s” (UTC), on first working days only") % {"cron": timing.cron}
        return _("Cron “%(cron)s” (UTC)") % {"cron": timing.cron}
    names = weekday_names()
    values = {
        "time": f"{words.at:%H:%M}",
        "day": words.day,
        "weekdays": ", ".join(names[day] for day in words.weekdays),
    }
    is_last = words.day == LAST_DAY
    match words.frequency:
        case Frequency.WEEKLY:
            text = _("Every week on %(weekdays)s at %(time)s UTC")
        case Frequency.MONTHLY if is_last:
            text = _("Every month on its last day at %(time)s UTC")
        case Frequency.MONTHLY:
            text = _("Every month on day %(day)s at %(time)s UTC")
        case Frequency.MONTHLY_WORKING_DAY:
            text = _("Every month on its first working day at %(time)s UTC")
        case Frequency.QUARTERLY if is_last:
            text = _("Every quarter, on the last day of its first month, at %(time)s UTC")
        case Frequency.QUARTERLY:
            text = _("Every quarter on day %(day)s of its first month at %(time)s UTC")
        case Frequency.QUARTERLY_WORKING_DAY:
            text = _("Every quarter on its first working day at %(time)s UTC")
        case _other:
            text = _("Every day at %(time)s UTC")
    return text % values
