# ruff: noqa: RUF001  the sign for "times"
"""Why a risk has its score and its priority, in sentences with the numbers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from risks.models import Criticality, Level, Matrix, Risk
from risks.scoring import CRITICALITY_FACTORS, KINDS

LEVELS = dict(Level.choices)
CRITICALITIES = dict(Criticality.choices)
MOST_NAMED = 4  # assets


def explain_score(risk: Risk, matrix: Matrix, assets: Sequence[dict[str, Any]]) -> list[str]:
    """Return sentences on score, priority, appetite, and where ratings come from.

    `assets` are the linked ones, with `label` and the criticality as `note`.
    """
    if risk.current_score is None:
        return [*explain_missing_score(risk), *explain_source(risk)]
    return [
        explain_product(risk, matrix),
        explain_priority(risk, assets),
        explain_appetite(risk),
        *explain_source(risk),
    ]


def explain_missing_score(risk: Risk) -> list[str]:
    missing = [
        label
        for part, label in (("likelihood", _("likelihood")), ("impact", _("impact")))
        if getattr(risk, f"inherent_{part}") is None
    ]
    words = _(" and ").join(missing)
    return [
        _("There is no score yet: choose the inherent %(missing)s.") % {"missing": words},
    ]


def explain_product(risk: Risk, matrix: Matrix) -> str:
    kind = "residual" if risk.residual_score is not None else "inherent"
    values = {
        "score": risk.current_score,
        "level": LEVELS[risk.current_level or ""],
        "likelihood": risk.current_likelihood,
        "likelihood_label": matrix.likelihood_labels[risk.current_likelihood - 1],
        "impact": risk.current_impact,
        "impact_label": matrix.impact_labels[risk.current_impact - 1],
        "kind": kind,
    }
    sentence = _(
        "The score is %(score)s, %(level)s: likelihood %(likelihood)s (%(likelihood_label)s) × "
        "impact %(impact)s (%(impact_label)s), by the %(kind)s rating."
    )
    if kind == "inherent":
        sentence += " " + _("It counts treatment only when the residual rating is given.")
    return sentence % values


def explain_priority(risk: Risk, assets: Sequence[dict[str, Any]]) -> str:
    if not assets:
        return _("The priority is %(priority)s, as the score: no asset weighs it.") % {
            "priority": plain_number(risk.priority)
        }
    named = ", ".join(
        _("%(asset)s (%(criticality)s, %(factor)s)")
        % {
            "asset": asset["label"],
            "criticality": CRITICALITIES[asset["note"]].lower(),
            "factor": plain_number(CRITICALITY_FACTORS[asset["note"]]),
        }
        for asset in assets[:MOST_NAMED]
    )
    factors = [CRITICALITY_FACTORS[asset["note"]] for asset in assets]
    if others := max(0, len(assets) - MOST_NAMED):
        named += " " + ngettext("and %(others)s other", "and %(others)s others", others) % {
            "others": others
        }
    return ngettext(
        "The priority is %(priority)s: %(score)s × %(factor)s, the factor of the asset %(assets)s.",
        "The priority is %(priority)s: %(score)s × %(factor)s, the mean factor of the assets "
        "%(assets)s.",
        len(assets),
    ) % {
        "priority": plain_number(risk.priority),
        "score": risk.current_score,
        "factor": plain_number(round(sum(factors, Decimal(0)) / len(factors), 2)),
        "assets": named,
    }


def explain_appetite(risk: Risk) -> str:
    if risk.category is None:
        return _("No appetite applies: the risk has no category.")
    appetite = risk.category.appetite
    if appetite is None:
        return _("The category %(category)s has no appetite set.") % {"category": risk.category}
    above = (risk.current_score or 0) - appetite
    values = {"category": risk.category, "appetite": appetite, "above": above}
    if above > 0:
        return _("This is above the appetite of %(category)s, %(appetite)s, by %(above)s.") % values
    return _("This is within the appetite of %(category)s, which is %(appetite)s.") % values


def is_above_appetite(risk: Risk) -> bool:
    appetite = risk.category.appetite if risk.category else None
    return risk.current_score is not None and appetite is not None and risk.current_score > appetite


def explain_source(risk: Risk) -> list[str]:
    """Return sentences on what the source says, and on what ratings were derived from."""
    sentences = []
    for kind in KINDS:
        if derived := (risk.derived_ratings or {}).get(kind):
            sentences.append(
                _("The %(kind)s rating was derived from the source's %(derived)s.")
                % {"kind": kind, "derived": derived}
            )
        if rating := (risk.source_ratings or {}).get(kind):
            sentences.append(
                _("The source says of the %(kind)s risk: %(rating)s.")
                % {"kind": kind, "rating": rating}
            )
    return sentences


def plain_number(value: Any) -> str:
    """Return a decimal without zeros at its end: 12, 1.25."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
