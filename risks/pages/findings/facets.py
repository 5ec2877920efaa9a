"""The filters of the list of findings, each with its values and the number of findings of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from risks.models import Asset
from risks.pages.findings.columns import SEVERITIES, STATES
from risks.pages.register.filters.values import MOST_VALUES, OfferedValue

AGES = (7, 30, 90, 365)
CHANCES = (("0.5", "50 %"), ("0.1", "10 %"), ("0.01", "1 %"))
Values = list[OfferedValue]


@dataclass(frozen=True)
class Facet:
    """A filter: the parameters of the address that it sets, and how its values are counted.

    `is_searched` where there may be too many values to list; `range` is the kind of its ends.
    """

    name: str
    label: str | Promise
    parameters: tuple[str, ...]
    count: Callable[[Any, str], Values]
    is_searched: bool = False
    range: str = ""

    @property
    def list_parameter(self) -> str:
        return self.parameters[0]


def count_choices(column: str, labels: dict[str, str]) -> Callable[[Any, str], Values]:
    def count(findings: Any, text: str) -> Values:
        counts = dict(findings.values_list(column).annotate(number=Count("*")))
        return [
            OfferedValue(f"{column}__in", value, label, counts.get(value, 0))
            for value, label in labels.items()
        ]

    return count


def count_tools(findings: Any, text: str) -> Values:
    for word in text.split():
        findings = findings.filter(tool__icontains=word)
    counts = findings.values_list("tool").annotate(number=Count("*")).order_by("-number", "tool")
    return [OfferedValue("tool__in", tool, tool, number) for tool, number in counts[:MOST_VALUES]]


def count_assets(findings: Any, text: str) -> Values:
    named = findings.exclude(asset=None)
    if text:
        assets = Asset.objects.all()
        for word in text.split():
            assets = assets.filter(name__icontains=word)
        named = named.filter(asset__in=assets.values("pk"))
    counts = dict(
        named.values_list("asset")
        .annotate(number=Count("*"))
        .order_by("-number", "asset")[:MOST_VALUES]
    )
    names = dict(Asset.objects.filter(pk__in=counts).values_list("pk", "name"))
    values = [
        OfferedValue("asset__in", str(pk), names[pk], number)
        for pk, number in counts.items()
        if pk in names
    ]
    return [*values, OfferedValue("asset__isnull", "true", _("No asset"), None)]


def count_conditions(
    *offered: tuple[str, str, Any, Callable[[], Q]],
) -> Callable[[Any, str], Values]:
    """Count by conditions: (parameter, value, label, condition) each, in one query."""

    def count(findings: Any, text: str) -> Values:
        counts = findings.aggregate(
            **{
                f"value_{index}": Count("pk", filter=condition())
                for index, (_parameter, _value, _label, condition) in enumerate(offered)
            }
        )
        return [
            OfferedValue(parameter, value, str(label), counts[f"value_{index}"])
            for index, (parameter, value, label, _condition) in enumerate(offered)
        ]

    return count


def start_of(days: int) -> datetime:
    """Return the beginning of the day so many days ago."""
    day = datetime.now(UTC).date() - timedelta(days=days)
    return datetime.combine(day, datetime.min.time(), UTC)


def age_of(days: int, *, older: bool) -> tuple[str, str, Any, Callable[[], Q]]:
    if older:
        label = gettext_lazy("More than %(days)s days ago")
        end = f"{days + 1}-days-ago"
        return (
            "first_seen_at__lte",
            end,
            AgeLabel(label, days),
            lambda: Q(first_seen_at__lt=start_of(days)),
        )
    label = gettext_lazy("In the last %(days)s days")
    return (
        "first_seen_at__gte",
        f"{days}-days-ago",
        AgeLabel(label, days),
        lambda: Q(first_seen_at__gte=start_of(days)),
    )


@dataclass(frozen=True)
class AgeLabel:
    """A label that is translated when it is shown."""

    text: Any
    days: int

    def __str__(self) -> str:
        return str(self.text) % {"days": self.days}


FACETS: dict[str, Facet] = {
    facet.name: facet
    for facet in (
        Facet(
            "severity",
            gettext_lazy("Severity"),
            ("severity__in", "severity"),
            count_choices("severity", dict(reversed(SEVERITIES.items()))),
        ),
        Facet(
            "state",
            gettext_lazy("State"),
            ("state__in", "state"),
            count_choices("state", STATES),
        ),
        Facet(
            "tool",
            gettext_lazy("Tool"),
            ("tool__in", "tool"),
            count_tools,
            is_searched=True,
        ),
        Facet(
            "asset",
            gettext_lazy("Asset"),
            ("asset__in", "asset", "asset__isnull"),
            count_assets,
            is_searched=True,
        ),
        Facet(
            "known_exploited",
            gettext_lazy("Known exploited (KEV)"),
            ("known_exploited",),
            count_conditions(
                ("known_exploited", "true", gettext_lazy("Yes"), lambda: Q(known_exploited=True)),
                ("known_exploited", "false", gettext_lazy("No"), lambda: Q(known_exploited=False)),
            ),
        ),
        Facet(
            "epss",
            gettext_lazy("EPSS"),
            ("epss__gte", "epss__lte"),
            count_conditions(
                *(
                    ("epss__gte", chance, label, lambda chance=chance: Q(epss__gte=chance))
                    for chance, label in CHANCES
                )
            ),
            range="number",
        ),
        Facet(
            "age",
            gettext_lazy("First seen"),
            ("first_seen_at__gte", "first_seen_at__lte"),
            count_conditions(
                *(age_of(days, older=False) for days in AGES),
                *(age_of(days, older=True) for days in AGES[1:]),
            ),
            range="day",
        ),
        Facet(
            "risk",
            gettext_lazy("Risk"),
            ("risk__isnull", "risk", "risk__in"),
            count_conditions(
                ("risk__isnull", "false", gettext_lazy("Linked to a risk"), lambda: ~Q(risk=None)),
                ("risk__isnull", "true", gettext_lazy("Without a risk"), lambda: Q(risk=None)),
            ),
        ),
    )
}
