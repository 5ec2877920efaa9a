"""What a risk is linked to: tags, assets and controls, and the priority that follows."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from openrisk.accounts.models import Organization
from risks import scoring
from risks.models import Asset, Control, Risk, RiskAsset, RiskControl, RiskTag
from risks.services import rows
from risks.text import clean_text

MAX_TAGS = 50


def set_links(
    risk: Risk,
    *,
    tags: Iterable[str] | None = None,
    assets: Iterable[Asset] | None = None,
    controls: Iterable[Control] | None = None,
) -> None:
    """Make the given ones the only ones; None leaves a kind as it is.

    The assets weigh the risk's priority: whoever changes them sets it with `criticalities`.
    """
    if tags is not None:
        _set(risk, RiskTag, "name", _clean_tags(tags))
    if controls is not None:
        _set(risk, RiskControl, "control_id", {control.pk for control in controls})
    if assets is not None:
        _set(risk, RiskAsset, "asset_id", {asset.pk for asset in assets})


def criticalities_of(risk: Risk, assets: Iterable[Asset] | None) -> list[str]:
    """Of the assets that the risk will threaten; None: of those that it does."""
    if assets is not None:
        return [asset.criticality for asset in set(assets)]
    if risk._state.adding:
        return []
    return list(risk.asset_links.values_list("asset__criticality", flat=True))


def _clean_tags(tags: Iterable[str]) -> set[str]:
    names = {" ".join(clean_text(tag).split()) for tag in tags} - {""}
    if len(names) > MAX_TAGS or any(len(name) > 50 for name in names):
        raise rows.field_error("tags", f"At most {MAX_TAGS} tags of at most 50 characters each.")
    return names


def _set(
    risk: Risk,
    model: Any,  # RiskTag, RiskAsset or RiskControl
    column: str,
    wanted: set[str] | set[UUID],
) -> None:
    links = model.objects.filter(risk=risk)
    present = set(links.values_list(column, flat=True))
    if gone := present - wanted:
        links.filter(**{f"{column}__in": gone}).delete()
    model.objects.bulk_create(
        model(organization_id=risk.organization_id, risk=risk, **{column: value})
        for value in sorted(wanted - present, key=str)
    )


def refresh_priority(organization: Organization, risk_ids: Iterable[UUID] | None = None) -> None:
    """Recompute the stored priority of these risks (None: of all) from scores and assets.

    Writes only the rows whose priority changes.
    """
    risks = Risk.objects.for_organization(organization)
    links = RiskAsset.objects.for_organization(organization)
    if risk_ids is not None:
        ids = list(risk_ids)
        risks, links = risks.filter(pk__in=ids), links.filter(risk__in=ids)
    found: dict[UUID, list[str]] = defaultdict(list)
    for risk_id, criticality in links.values_list("risk", "asset__criticality"):
        found[risk_id].append(criticality)
    stale = []
    for risk in risks.only("pk", "current_score", "priority"):
        wanted = scoring.priority(risk.current_score, found[risk.pk])
        if risk.priority != wanted:
            risk.priority = wanted
            stale.append(risk)
    Risk.objects.bulk_update(stale, ["priority"], batch_size=500)
