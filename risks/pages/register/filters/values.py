"""The values that a filter offers, each with the number of risks that the other filters leave it.

One query counts all values of a field.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, Min, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from openrisk.accounts.models import Membership, Organization
from risks.api.filters import LINK_COLUMNS, LINKS, RiskFilterSet
from risks.custom_fields.query import condition
from risks.custom_fields.sql import text_of
from risks.fields import PEOPLE
from risks.models import Asset, Category, Control, CustomField, CustomFieldKind, Risk
from risks.pages.register.filters.fields import FilterField, FilterKind, field_label
from risks.pages.register.filters.words import ME
from risks.querysets import person_label
from risks.services.matrix import matrix_of

MOST_VALUES = 50
ROWS: dict[str, Any] = {"category": Category, "asset": Asset, "control": Control}
ROW_LABELS: dict[str, Any] = {
    "category": F("name"),
    "asset": F("name"),
    "control": Concat("identifier", Value(" "), "title", output_field=CharField()),
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
    if field.custom and field.kind is not FilterKind.PERSON:
        return count_custom(field, field.custom, risks)
    if field.kind is FilterKind.RATING:
        return count_ratings(organization, field, risks)
    if count_all := {
        FilterKind.FLAG: count_flag,
        FilterKind.DAY: count_days,
        FilterKind.CHOICE: count_choices,
    }.get(field.kind):
        return count_all(field, risks)
    if count_some := {
        FilterKind.PERSON: count_people,
        FilterKind.ROW: count_rows,
        FilterKind.WORD: count_words,
    }.get(field.kind):
        return count_some(organization, field, risks, text)
    return []


def count_flag(field: FilterField, risks: Any) -> list[OfferedValue]:
    yes = RiskFilterSet({field.name: "true"}, queryset=risks).qs.count()
    label = field_label(field.name)
    return [
        OfferedValue(field.name, "true", label, yes),
        OfferedValue(
            field.name, "false", _("Not: %(label)s") % {"label": label}, risks.count() - yes
        ),
    ]


def count_choices(field: FilterField, risks: Any) -> list[OfferedValue]:
    column: Any = Risk._meta.get_field(field.name)
    return count_each(field, risks, column.flatchoices)


def count_ratings(organization: Organization, field: FilterField, risks: Any) -> list[OfferedValue]:
    """Count each rating of the organization's matrix."""
    matrix = matrix_of(organization)
    return count_each(field, risks, [(value, str(value)) for value in matrix.ratings(field.name)])


def count_each(
    field: FilterField, risks: Any, choices: Iterable[tuple[Any, Any]]
) -> list[OfferedValue]:
    counts = dict(risks.values_list(field.name).annotate(number=Count("*")))
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
        counts = dict(risks.values_list(field.name).annotate(number=Count("*")))
    elif field.custom:
        has_counts = True
        counts = {UUID(key) if key else None: n for key, n in count_by_text(field.custom, risks)}
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


def count_by_text(custom: CustomField, risks: Any) -> list[tuple[str | None, int]]:
    """Return each value of a custom field, as text, with the number of risks that have it."""
    return list(risks.values_list(text_of(custom.key)).annotate(number=Count("*")))


def count_custom(field: FilterField, custom: CustomField, risks: Any) -> list[OfferedValue]:
    """Count the options of a choice, or yes and no; of other kinds those without a value."""
    counts: dict[Any, int] = {}
    choices: list[tuple[str, str]] = []
    if field.kind is FilterKind.FLAG:
        choices = [("true", _("Yes")), ("false", _("No"))]
    elif field.kind is FilterKind.OPTION:
        choices = [(option, option) for option in custom.options]
    if custom.kind == CustomFieldKind.CHOICES:
        counts = risks.aggregate(
            none=Count("pk", filter=condition(custom, "isnull", True)),
            **{
                str(index): Count("pk", filter=condition(custom, "exact", option))
                for index, option in enumerate(custom.options)
            },
        )
        counts = {
            None: counts["none"],
            **{option: counts[str(index)] for index, option in enumerate(custom.options)},
        }
    elif choices:
        counts = dict(count_by_text(custom, risks))
        former = counts.keys() - {None} - {key for key, _label in choices}
        choices += [(key, key) for key in sorted(former)]
    values = [
        OfferedValue(field.list_parameter, key, label, counts.get(key, 0)) for key, label in choices
    ]
    return [*values, *none_of(field, counts.get(None, 0) if choices else None)]


def count_rows(
    organization: Organization, field: FilterField, risks: Any, text: str
) -> list[OfferedValue]:
    """Count for the rows that most risks have, or whose name matches `text`."""
    named = ROWS[field.name].objects.for_organization(organization)
    named = named.annotate(label=ROW_LABELS[field.name])
    rows, key = rows_to_count(organization, field, risks)
    if text:
        rows = rows.filter(**{f"{key}__in": match_words(named, "label", text).values("pk")})
    counts = rows.values_list(key).annotate(number=Count("*")).order_by("-number", key)
    numbers = dict(counts[:MOST_VALUES])
    labels = dict(named.filter(pk__in=numbers).values_list("pk", "label"))
    values = [
        OfferedValue(field.list_parameter, str(pk), labels[pk], number)
        for pk, number in numbers.items()
        if pk in labels
    ]
    return [*values, *none_of(field, None)]


def count_words(
    organization: Organization, field: FilterField, risks: Any, text: str
) -> list[OfferedValue]:
    """Count for the tags or sources that most risks have, or that match `text`."""
    rows, key = rows_to_count(organization, field, risks)
    column = "name" if field.name == "tag" else key
    rows = match_words(rows, column, text).values_list(key)
    counts = rows.annotate(number=Count("*"), label=Min(column)).order_by("-number", "label")
    values = [
        OfferedValue(field.list_parameter, value, label, number)
        for value, number, label in counts[:MOST_VALUES]
    ]
    return [*values, *none_of(field, None)]


def rows_to_count(organization: Organization, field: FilterField, risks: Any) -> tuple[Any, str]:
    """Return the rows to count, and the column to count by."""
    model = LINKS.get(field.name)
    if model is None:  # a column of the risk
        empty = None if field.kind is FilterKind.ROW else ""
        return risks.exclude(**{field.name: empty}), field.name
    links = model.objects.filter(organization=organization).order_by()
    if len(risks.query.where.children) > 1:  # more than the organization
        links = links.filter(risk__in=risks.values("pk"))
    return links, LINK_COLUMNS[field.name]


def match_words(rows: Any, column: str, text: str) -> Any:
    for word in text.split():
        rows = rows.filter(**{f"{column}__icontains": word})
    return rows


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
        all=Count("*"),
        given=Count(field.name),
        **{str(index): Count(field.name, filter=q) for index, (_p, _l, q) in enumerate(ranges)},
    )
    values = [
        OfferedValue(parameter, word, label, counts[str(index)])
        for index, (parameters, label, _q) in enumerate(ranges)
        for parameter, word in parameters.items()
    ]
    return [*values, *none_of(field, counts["all"] - counts["given"])]
