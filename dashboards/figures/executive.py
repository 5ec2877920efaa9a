"""Everything that a front page shows, in one answer."""

from typing import Any

from dashboards.figures.appetite import appetite
from dashboards.figures.compliance import compliance
from dashboards.figures.heat_map import matrix
from dashboards.figures.ranking import top_risks
from dashboards.figures.scope import Scope
from dashboards.figures.stats import stats
from dashboards.figures.timeline import timeline
from dashboards.figures.treatment import mitigations
from risks.models import Matrix

TOP = 5
TREND_DAYS = 90


def executive(scope: Scope, period: str, levels: Matrix) -> dict[str, Any]:
    """The other figures, by their names, for one scope."""
    treated = mitigations(scope)
    figures = stats(scope, period, overdue=treated["due"]["overdue"])
    return {
        "as_of": scope.day,
        "measured": figures["measured"],
        "headline": headline(figures),
        "stats": figures,
        "matrix": matrix(scope, "current", levels),
        "timeline": timeline(scope, TREND_DAYS),
        "top_risks": top_risks(scope, TOP),
        "mitigations": treated,
        "appetite": appetite(scope),
        "compliance": compliance(scope),
    }


def headline(figures: dict[str, Any]) -> str:
    """How it stands and how that changed, in one sentence or two."""
    if not figures["measured"]:
        return "Nothing has been measured yet: the register is empty."
    grave = sum(figures["by_level"][level] for level in ("high", "critical"))
    parts = [f"{_risks(figures['open'])} open, {grave:,} of them high or critical"]
    if (change := figures["change"]["exposure"]) is not None:
        parts.append(_exposure(figures["exposure"], change, figures["period"]))
    return "; ".join(parts) + "."


def _risks(count: int) -> str:
    return f"{count:,} risk is" if count == 1 else f"{count:,} risks are"


def _exposure(now: int, change: int, period: str) -> str:
    days = f"{period.removesuffix('d')} days"
    before = now - change
    if not change:
        return f"exposure is where it was {days} ago, at {now:,} points"
    direction = "rose" if change > 0 else "fell"
    points = f"{abs(change):,} points{_share(change, before)}"
    return f"exposure {direction} by {points} in {days}, to {now:,}"


def _share(change: int, whole: int) -> str:
    if not whole:
        return ""
    share = abs(change) / whole
    return f" ({share:.0%})" if share >= 0.01 else " (less than 1%)"
