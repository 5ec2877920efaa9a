"""Links of risks to tags, assets and controls: the one reader, the one writer, and the priority
that follows from the assets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Min
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization
from openrisk.text.names import name_key
from risks import scoring
from risks.models import Asset, Control, Risk, RiskAsset, RiskControl, RiskTag
from risks.services import rows
from risks.text import clean_text

MAX_TAGS = 50
BATCH = 1000  # risks whose links are read or written at once


@dataclass(frozen=True)
class LinkKind:
    """A table of links: its model, and the column that has what a risk is linked to."""

    model: Any
    column: str


LINK_KINDS = {
    "tags": LinkKind(RiskTag, "name"),
    "assets": LinkKind(RiskAsset, "asset_id"),
    "controls": LinkKind(RiskControl, "control_id"),
}


def read_links(risk_ids: Sequence[UUID]) -> list[tuple[UUID, str, Any]]:
    """Return (risk, "tags", "assets" or "controls", tag or id) for all links of these risks.

    One query, written by hand, with the ids as one value: made of three querysets, with each id
    three times, it took a quarter of the time of a page of the list.
    """
    if not risk_ids:
        return []
    postgresql = connection.vendor == "postgresql"
    if postgresql:
        parameters: list[Any] = [list(risk_ids)]
        condition = "= ANY(%s)"
    else:
        parameters = [pk.hex for pk in risk_ids]
        condition = f"IN ({', '.join(['%s'] * len(parameters))})"
    selects = (
        f"SELECT risk_id, '{name}', CAST({kind.column} AS text) AS value "  # noqa: S608
        f"FROM {kind.model._meta.db_table} WHERE risk_id {condition}"
        for name, kind in LINK_KINDS.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects) + " ORDER BY value", parameters * 3)
        links = cursor.fetchall()
    return [
        (
            risk_id if postgresql else UUID(risk_id),
            name,
            value if name == "tags" else UUID(value),
        )
        for risk_id, name, value in links
    ]


def write_links(
    organization: Organization,
    links: Mapping[UUID, Mapping[str, Iterable[Any]]],
    *,
    respell: bool = True,
) -> None:
    """Make these the only links of each risk; a kind that is not named stays as it is.

    `links` has tags and ids by risk and by "tags", "assets" or "controls". The assets weigh the
    risk's priority: a caller that changes them refreshes it. Tags get the spelling that the
    organization has for them, unless the caller has chosen it.
    """
    for name, kind in LINK_KINDS.items():
        targets = {pk: set(named[name]) for pk, named in links.items() if name in named}
        if name == "tags" and respell:
            targets = respell_tags(organization, targets)
        remaining = iter(targets)
        while batch := list(islice(remaining, BATCH)):
            _replace_links(organization, kind, {pk: targets[pk] for pk in batch})


def respell_tags(organization: Organization, tags: Mapping[UUID, set[str]]) -> dict[UUID, set[str]]:
    """Give each tag the spelling that the organization has for it already."""
    keys = {tag: name_key(tag) for names in tags.values() for tag in names}
    spellings = spellings_of_tags(organization, keys.values()) if keys else {}
    for tag in sorted(keys):
        spellings.setdefault(keys[tag], tag)
    return {pk: {spellings[keys[tag]] for tag in names} for pk, names in tags.items()}


def spellings_of_tags(
    organization: Organization, keys: Iterable[str] | None = None
) -> dict[str, str]:
    """Return how these tags (None: all) are written in the organization, by `name_key`."""
    rows = RiskTag.objects.for_organization(organization).order_by()
    if keys is not None:
        rows = rows.filter(name_key__in=set(keys))
    return dict(rows.values_list("name_key").annotate(Min("name")))


def _replace_links(
    organization: Organization, kind: LinkKind, targets: dict[UUID, set[Any]]
) -> None:
    present: dict[UUID, set[Any]] = {pk: set() for pk in targets}
    outdated = []
    links = kind.model.objects.filter(risk__in=list(targets))
    for pk, risk_id, value in links.values_list("pk", "risk", kind.column):
        present[risk_id].add(value)
        if value not in targets[risk_id]:
            outdated.append(pk)
    kind.model.objects.filter(pk__in=outdated).delete()
    kind.model.objects.bulk_create(
        [
            kind.model(organization=organization, risk_id=risk_id, **{kind.column: value})
            for risk_id, values in targets.items()
            for value in sorted(values - present[risk_id], key=str)
        ],
        batch_size=BATCH,
    )


def set_links(
    risk: Risk,
    *,
    tags: Iterable[str] | None = None,
    assets: Iterable[Asset] | None = None,
    controls: Iterable[Control] | None = None,
) -> None:
    """Make the given links the only ones of one risk; None leaves a kind as it is."""
    links: dict[str, Iterable[Any]] = {}
    if tags is not None:
        links["tags"] = clean_tags(tags)
    if assets is not None:
        links["assets"] = [asset.pk for asset in assets]
    if controls is not None:
        links["controls"] = [control.pk for control in controls]
    write_links(risk.organization, {risk.pk: links})


def clean_tags(tags: Iterable[str]) -> set[str]:
    """Return the tags without superfluous space; raise where there are too many or long ones."""
    names = {" ".join(clean_text(tag).split()) for tag in tags} - {""}
    if len(names) > MAX_TAGS or any(len(name) > 50 for name in names):
        raise rows.field_error(
            "tags",
            _("At most %(most)s tags of at most 50 characters each.") % {"most": MAX_TAGS},
        )
    return names


def criticalities_of(risk: Risk, assets: Iterable[Asset] | None) -> list[str]:
    """Return those of the assets the risk will threaten; None: of those it threatens now."""
    if assets is not None:
        return [asset.criticality for asset in set(assets)]
    if risk._state.adding:
        return []
    return list(risk.asset_links.values_list("asset__criticality", flat=True))


def refresh_priority(organization: Organization, risk_ids: Iterable[UUID] | None = None) -> None:
    """Recompute the stored priority of these risks (None: of all) from scores and assets.

    Writes only the rows whose priority changes.
    """
    risks = Risk.objects.for_organization(organization)
    links = RiskAsset.objects.for_organization(organization)
    if risk_ids is not None:
        ids = list(risk_ids)
        risks, links = risks.filter(pk__in=ids), links.filter(risk__in=ids)
    criticalities: dict[UUID, list[str]] = defaultdict(list)
    for risk_id, criticality in links.values_list("risk", "asset__criticality"):
        criticalities[risk_id].append(criticality)
    changed = []
    for risk in risks.only("pk", "current_score", "priority"):
        priority = scoring.priority(risk.current_score, criticalities[risk.pk])
        if risk.priority != priority:
            risk.priority = priority
            changed.append(risk)
    Risk.objects.bulk_update(changed, ["priority"], batch_size=500)
