"""All figures of the overview in one answer, with a headline."""

from typing import Any

from dashboards.figures.appetite import compute_appetite
from dashboards.figures.compliance import compute_compliance
from dashboards.figures.matrix import compute_heat_map
from dashboards.figures.mitigations import compute_mitigations
from dashboards.figures.scope import FigureScope
from dashboards.figures.stats import compute_stats
from dashboards.figures.timeline import compute_timeline
from dashboards.figures.top_risks import compute_top_risks
from dashboards.wording import format_count, format_share
from risks.models import Matrix

TOP = 5
TREND_DAYS = 90


def compute_executive(scope: FigureScope, period: str, matrix: Matrix) -> dict[str, Any]:
    """Return the other figures under their names, for one scope."""
    mitigations = compute_mitigations(scope)
    stats = compute_stats(scope, period, overdue=mitigations["due"]["overdue"])
    return {
        "as_of": scope.day,
        "measured": stats["measured"],
        "headline": write_headline(stats),
        "stats": stats,
        "matrix": compute_heat_map(scope, "current", matrix),
        "timeline": compute_timeline(scope, TREND_DAYS),
        "top_risks": compute_top_risks(scope, TOP),
        "mitigations": mitigations,
        "appetite": compute_appetite(scope),
        "compliance": compute_compliance(scope),
    }


def write_headline(stats: dict[str, Any]) -> str:
    """Return one sentence: the open risks, and how exposure changed within the period."""
    if not stats["measured"]:
        return "Nothing has been measured yet: the register is empty."
    severe = stats["by_level"]["high"] + stats["by_level"]["critical"]
    risks = f"{format_count(stats['open'], 'risk')} {'is' if stats['open'] == 1 else 'are'} open"
    risks = f"{risks}, {severe:,} of them high or critical"
    exposure, change = stats["exposure"], stats["change"]["exposure"]
    days = f"{stats['period'].removesuffix('d')} days"
    if change is None:
        return f"{risks}."
    if not change:
        return f"{risks}; exposure is unchanged since {days} ago, at {exposure:,} points."
    direction = "rose" if change > 0 else "fell"
    points = f"{format_count(abs(change), 'point')}{format_share(abs(change), exposure - change)}"
    return f"{risks}; exposure {direction} by {points} in {days}, to {exposure:,}."
