"""Everything that a front page shows, in one answer."""

from typing import Any

from dashboards.figures.appetite import compute_appetite
from dashboards.figures.compliance import compute_compliance
from dashboards.figures.matrix import compute_heat_map
from dashboards.figures.mitigations import compute_mitigations
from dashboards.figures.scope import FigureScope
from dashboards.figures.stats import compute_stats
from dashboards.figures.timeline import compute_timeline
from dashboards.figures.top_risks import compute_top_risks
from risks.models import Matrix

TOP = 5
TREND_DAYS = 90


def compute_executive(scope: FigureScope, period: str, levels: Matrix) -> dict[str, Any]:
    """The other figures, by their names, for one scope."""
    treated = compute_mitigations(scope)
    figures = compute_stats(scope, period, overdue=treated["due"]["overdue"])
    return {
        "as_of": scope.day,
        "measured": figures["measured"],
        "headline": write_headline(figures),
        "stats": figures,
        "matrix": compute_heat_map(scope, "current", levels),
        "timeline": compute_timeline(scope, TREND_DAYS),
        "top_risks": compute_top_risks(scope, TOP),
        "mitigations": treated,
        "appetite": compute_appetite(scope),
        "compliance": compute_compliance(scope),
    }


def write_headline(figures: dict[str, Any]) -> str:
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
