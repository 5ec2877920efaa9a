"""Values of filters that depend on who asks and when: "me", "today", "in-30-days".

Addresses and saved views keep the words, so that one view serves all members on every day.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_filters.filters import DateFilter

from openrisk.accounts.models import User
from risks.api.filters import RiskFilterSet
from risks.custom_fields.definitions import NO_FIELDS, CustomFields
from risks.models.custom_fields import PREFIX
from risks.pages.register.filters.fields import (
    FilterField,
    FilterKind,
    all_filter_fields,
    filter_fields,
    split_parameter,
)

ME = "me"
_RELATIVE_DAY = re.compile(r"today|in-(\d{1,4})-days|(\d{1,4})-days-ago")
# What the page of a filter offers, beside a day of the calendar.
PAST_DAYS = ("365-days-ago", "90-days-ago", "30-days-ago", "7-days-ago")
COMING_DAYS = ("today", "in-7-days", "in-30-days", "in-90-days", "in-365-days")


def resolve_words(
    filters: Mapping[str, str],
    user: User | None,
    today: date | None = None,
    custom: CustomFields = NO_FIELDS,
) -> dict[str, str]:
    """Return the filters as the API takes them."""
    today = today or datetime.now(UTC).date()
    fields = all_filter_fields(custom) if custom else filter_fields()
    return {name: resolve_word(fields, name, value, user, today) for name, value in filters.items()}


def resolve_word(
    fields: Mapping[str, FilterField], parameter: str, value: str, user: User | None, today: date
) -> str:
    name, lookup = split_parameter(parameter)
    field = fields.get(name)
    if field is None or lookup == "isnull":
        return value
    if field.kind is FilterKind.PERSON and user is not None:
        return ",".join(str(user.pk) if each == ME else each for each in value.split(","))
    if field.kind is FilterKind.DAY and (day := parse_day(value, today)):
        named: Any = RiskFilterSet.base_filters.get(parameter)
        if field.custom or isinstance(named, DateFilter):
            return day.isoformat()
        return f"{day}T23:59:59.999999Z" if lookup == "lte" else f"{day}T00:00:00Z"
    return value


def names_me(filters: Mapping[str, str]) -> bool:
    """Return whether the filters mean other risks for other people; of custom fields, whether they
    could."""
    fields = filter_fields()
    return any(
        ME in value.split(",")
        for parameter, value in filters.items()
        if parameter.startswith(PREFIX)
        or (
            (field := fields.get(split_parameter(parameter)[0])) and field.kind is FilterKind.PERSON
        )
    )


def parse_day(text: str, today: date) -> date | None:
    """Return the day that a text names: a word, or a day of the calendar."""
    if match := _RELATIVE_DAY.fullmatch(text):
        days = int(match[1] or 0) - int(match[2] or 0)
        return today + timedelta(days=days)
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def day_label(text: str) -> str:
    """Return a day of a filter in words."""
    match = _RELATIVE_DAY.fullmatch(text)
    if match is None:
        day = parse_day(text, date.min)
        return date_format(day) if day else text
    if match[1]:
        days = int(match[1])
        return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    if match[2]:
        days = int(match[2])
        return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}
    return _("today")
