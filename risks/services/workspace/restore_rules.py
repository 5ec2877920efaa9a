"""Rules for the rows of the register that are restored: the matrix, the assets and the custom
fields may have changed since they were deleted."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from risks import scoring
from risks.custom_fields.services import fields_of
from risks.custom_fields.values import is_of_kind
from risks.fields import RATINGS
from risks.models import Asset, Matrix, Risk, RiskAsset, SavedView
from risks.services.deletion import register_private
from risks.services.links import refresh_priority
from risks.services.matrix import matrix_of
from risks.services.workspace.restoring import RestoreRules, register_restore_rules


def register_rules() -> None:
    """Called once, from `RisksConfig.ready()`."""
    register_restore_rules(Risk, RestoreRules(prepare=prepare_risks, finish=weigh_risks))
    register_restore_rules(Asset, RestoreRules(finish=weigh_risks_of_assets))
    register_private(SavedView, lambda view: not view.shared)


def prepare_risks(risks: list[Any]) -> Sequence[str]:
    return [*rescore_risks(risks), *drop_values_of_other_types(risks)]


def rescore_risks(risks: list[Any]) -> Sequence[str]:
    """Give the risks their levels by the matrix of today, and ratings that are on its scale."""
    changed = outside = 0
    for risk in risks:  # of one organization, and so one matrix
        before = risk.current_level
        matrix = matrix_of(risk.organization)
        outside += lower_to_scale(risk, matrix)
        scoring.rescore(risk, matrix)
        changed += risk.current_level != before
    remarks = []
    if outside:
        remarks.append(
            ngettext(
                "Ratings above the scale of today's matrix became its highest, on %(count)s risk.",
                "Ratings above the scale of today's matrix became its highest, on %(count)s risks.",
                outside,
            )
            % {"count": outside}
        )
    if not changed:
        return remarks
    return [
        *remarks,
        ngettext(
            "The level follows the matrix, which has changed since.",
            "The levels follow the matrix, which has changed since.",
            changed,
        ),
    ]


def lower_to_scale(risk: Risk, matrix: Matrix) -> bool:
    """Lower ratings that the matrix does not have to its highest; return whether there were any."""
    outside = {
        name: highest
        for name in RATINGS
        if (getattr(risk, name) or 0) > (highest := matrix.ratings(name)[-1])
    }
    for name, highest in outside.items():
        setattr(risk, name, highest)
    return bool(outside)


def drop_values_of_other_types(risks: list[Any]) -> Sequence[str]:
    """Leave out values of custom fields whose type has changed since."""
    labels: set[str] = set()
    for risk in risks:
        fields = fields_of(risk.organization)
        for key, value in list(risk.custom_fields.items()):
            if (field := fields.get(key)) and not is_of_kind(field.kind, value):
                del risk.custom_fields[key]
                labels.add(field.label)
    return [
        _("Left empty: %(field)s, because its type has changed.") % {"field": label}
        for label in sorted(labels)
    ]


def weigh_risks(risks: list[Any]) -> Sequence[str]:
    if risks:
        refresh_priority(risks[0].organization, [risk.pk for risk in risks])
    return []


def weigh_risks_of_assets(assets: list[Any]) -> Sequence[str]:
    """Let the restored assets weigh the priority of their risks again."""
    if assets:
        links = RiskAsset.objects.filter(asset__in=[asset.pk for asset in assets])
        refresh_priority(assets[0].organization, set(links.values_list("risk", flat=True)))
    return []
