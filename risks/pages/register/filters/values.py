"""The values that a filter offers, each with the number of risks that the other filters leave it.

One query counts all values of a field.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, Min, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from openrisk.accounts.models import Membership, Organization
from risks.api.filters import LINK_COLUMNS, LINKS, RiskFilterSet
from risks.fields import PEOPLE
from risks.models import Risk
from risks.pages.register.filters.fields import FilterField, FilterKind, field_label
from risks.pages.register.filters.words import ME
from risks.querysets import person_label
from risks.scoring import SCALE

MOST_VALUES = 50
ROW_LABELS: dict[str, Any] = {
    "category": "category__name",
    "asset": "asset__name",
    "control": Concat(
        "control__identifier", Value(" "), "control__title", output_field=CharField()
    ),
}


@dataclass(frozen=True)
class OfferedValue:
    """A parameter of the list with a value, its words, and the number of risks it would leave."""

    parameter: str
    value: str
    label: str
    count: int | None


def count_values(
    organization: Organization, field: FilterField, risks: Any, text: str = ""
) -> list[OfferedValue]:
    """Return the values of `field` in `risks`; of many those that match `text`."""
    risks = risks.order_by()
    match field.kind:
        case FilterKind.FLAG:
            return count_flag(field, risks)
        case FilterKind.DAY:
            return count_days(field, risks)
        case FilterKind.CHOICE | FilterKind.RATING:
            return count_choices(field, risks)
        case FilterKind.PERSON:
            return count_people(organization, field, risks, text)
        case FilterKind.ROW | FilterKind.WORD:
            return count_rows(organization, field, risks, text)
    return []


def count_flag(field: FilterField, risks: Any) -> list[OfferedValue]:
    chosen = RiskFilterSet({field.name: "true"}, queryset=risks).qs
    counts = risks.aggregate(all=Count("pk"), yes=Count("pk", filter=Q(pk__in=chosen.values("pk"))))
    yes, no = counts["yes"], counts["all"] - counts["yes"]
    label = field_label(field.name)
    return [
        OfferedValue(field.name, "true", label, yes),
        OfferedValue(field.name, "false", _("Not: %(label)s") % {"label": label}, no),
    ]


def count_choices(field: FilterField, risks: Any) -> list[OfferedValue]:
    counts = dict(risks.values_list(field.name).annotate(number=Count("pk")))
    if field.kind is FilterKind.RATING:
        choices: Iterable[Any] = [(rating, str(rating)) for rating in SCALE]
    else:
        column: Any = Risk._meta.get_field(field.name)
        choices = column.flatchoices
    values = [
        OfferedValue(field.list_parameter, str(key), str(label), counts.get(key, 0))
        for key, label in choices
    ]
    return [*values, *none_of(field, counts.get(None, 0) + counts.get("", 0))]


def none_of(field: FilterField, count: int | None) -> list[OfferedValue]:
    if not field.none_label:
        return []
    return [OfferedValue(f"{field.name}__isnull", "true", field.none_label, count)]


def count_people(
    organization: Organization, field: FilterField, risks: Any, text: str
) -> list[OfferedValue]:
    """Count for "me", and for members: those who have most risks, or whose name matches `text`."""
    counts: dict[Any, int] = {}
    if has_counts := field.name in PEOPLE:  # the others are not columns
        counts = dict(risks.values_list(field.name).annotate(number=Count("pk")))
    most = sorted(counts.keys() - {None}, key=lambda user: -counts[user])[:MOST_VALUES]
    members = Membership.objects.filter(organization=organization)
    members = members.annotate(label=person_label("user")).order_by("label", "pk")
    if text:
        for word in text.split():
            members = members.filter(Q(label__icontains=word) | Q(user__email__icontains=word))
        members = members[:MOST_VALUES]
    else:
        members = members.filter(Q(user__in=most) | Q(pk__in=members.values("pk")[:MOST_VALUES]))
    people = sorted(
        members.values_list("user", "label"),
        key=lambda row: (-counts.get(row[0], 0), row[1].casefold()),
    )
    values = [
        OfferedValue(
            field.list_parameter, str(user), label, counts.get(user, 0) if has_counts else None
        )
        for user, label in people[:MOST_VALUES]
    ]
    own = OfferedValue(field.list_parameter, ME, _("Me"), None)
    return [own, *values, *none_of(field, counts.get(None, 0))]


def count_rows(
    organization: Organization, field: FilterField, risks: Any, text: str
) -> list[OfferedValue]:
    """Count for the rows or words that most risks have, or that match `text`."""
    links, key, label = rows_to_count(organization, field, risks)
    links = links.values_list(key).annotate(number=Count("pk"), label=label)
    for word in text.split():
        links = links.filter(label__icontains=word)
    values = [
        OfferedValue(field.list_parameter, str(value), name, number)
        for value, number, name in links.order_by("-number", "label")[:MOST_VALUES]
    ]
    return [*values, *none_of(field, None)]


def rows_to_count(
    organization: Organization, field: FilterField, risks: Any
) -> tuple[Any, str, Any]:
    """Return the rows to count, the column to count by, and the words for a value of it."""
    model = LINKS.get(field.name)
    if model is None:  # a column of the risk
        empty = None if field.kind is FilterKind.ROW else ""
        label = ROW_LABELS.get(field.name, field.name)
        return risks.exclude(**{field.name: empty}), field.name, Min(label)
    links = model.objects.filter(organization=organization).order_by()
    if len(risks.query.where.children) > 1:  # more than the organization
        links = links.filter(risk__in=risks.values("pk"))
    return links, LINK_COLUMNS[field.name], Min(ROW_LABELS.get(field.name, "name"))


def day_ranges(name: str, today: date) -> list[tuple[dict[str, str], str, Q]]:
    """Return ranges of days that people ask for: parameters, words, and the condition."""
    coming = name == "next_review_at"
    ranges = []
    for days in (7, 30, 90, 365):
        if coming:
            word, label = f"in-{days}-days", _("Within %(days)s days, or past") % {"days": days}
            end = datetime.combine(today + timedelta(days=days + 1), datetime.min.time(), UTC)
            ranges.append(({f"{name}__lte": word}, label, Q(**{f"{name}__lt": end})))
        else:
            word, label = f"{days}-days-ago", _("In the last %(days)s days") % {"days": days}
            start = datetime.combine(today - timedelta(days=days), datetime.min.time(), UTC)
            ranges.append(({f"{name}__gte": word}, label, Q(**{f"{name}__gte": start})))
    return ranges


def count_days(field: FilterField, risks: Any) -> list[OfferedValue]:
    if field.lookups == ("exact",):  # registered_since, closed_since: by the ledger
        return []
    ranges = day_ranges(field.name, datetime.now(UTC).date())
    counts = risks.aggregate(
        none=Count("pk", filter=Q(**{field.name: None})),
        **{str(index): Count("pk", filter=q) for index, (_p, _l, q) in enumerate(ranges)},
    )
    values = [
        OfferedValue(parameter, word, label, counts[str(index)])
        for index, (parameters, label, _q) in enumerate(ranges)
        for parameter, word in parameters.items()
    ]
    return [*values, *none_of(field, counts["none"])]
