"""Captions: one sentence about each figure, for tables and charts."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards.wording import format_day, format_share

SEVERE = ("high", "critical")


def describe_heat_map(heat_map: dict[str, Any], likelihoods: list[str], impacts: list[str]) -> str:
    outside = ""
    if heat_map.get("outside"):
        text = _("Rated above the present matrix, which was larger then: %(risks)s.")
        outside = " " + text % {"risks": count_risks(heat_map["outside"])}
    fullest = max(heat_map["cells"], key=lambda cell: cell["count"])
    if not fullest["count"]:
        return _("No open risk has a likelihood and an impact.") + outside
    total = heat_map["open"]
    severe = sum(cell["count"] for cell in heat_map["cells"] if cell["level"] in SEVERE)
    first = ngettext(
        "%(severe)s of %(total)s is high or critical%(share)s.",
        "%(severe)s of %(total)s are high or critical%(share)s.",
        severe,
    ) % {
        "severe": f"{severe:,}",
        "total": count_open_risks(total),
        "share": format_share(severe, total),
    }
    second = _("The fullest cell is %(likelihood)s and %(impact)s, with %(risks)s.") % {
        "likelihood": likelihoods[fullest["likelihood"] - 1],
        "impact": impacts[fullest["impact"] - 1],
        "risks": count_risks(fullest["count"]),
    }
    return f"{first} {second}{outside}"


def describe_timeline(timeline: dict[str, Any]) -> str:
    if not timeline["measured"]:
        return _("Nothing has been measured yet.")
    first, last = timeline["days"][0], timeline["days"][-1]
    before, now = (sum(day[level] for level in SEVERE) for day in (first, last))
    return _(
        "Since %(day)s, high and critical risks went from %(before)s to %(now)s, and exposure "
        "from %(exposure_before)s to %(exposure_now)s points."
    ) % {
        "day": format_day(first["date"]),
        "before": f"{before:,}",
        "now": f"{now:,}",
        "exposure_before": f"{first['exposure']:,}",
        "exposure_now": f"{last['exposure']:,}",
    }


def describe_top_risks(rows: list[dict[str, Any]], exposure: int) -> str:
    if not rows:
        return _("No open risk has been assessed yet.")
    score = sum(row["score"] for row in rows)
    return ngettext(
        "The top risk has %(score)s of %(exposure)s points of exposure%(share)s.",
        "The top %(count)s risks have %(score)s of %(exposure)s points of exposure%(share)s.",
        len(rows),
    ) % {
        "count": len(rows),
        "score": f"{score:,}",
        "exposure": f"{exposure:,}",
        "share": format_share(score, exposure),
    }


def describe_mitigations(mitigations: dict[str, Any]) -> str:
    if not mitigations["measured"]:
        return _("There are no mitigations yet.")
    active = mitigations["total"] - mitigations["by_status"]["cancelled"]
    done, overdue = mitigations["by_status"]["done"], mitigations["due"]["overdue"]
    first = ngettext(
        "%(done)s of %(total)s is done%(share)s",
        "%(done)s of %(total)s are done%(share)s",
        done,
    ) % {
        "done": f"{done:,}",
        "total": count_mitigations(active),
        "share": format_share(done, active),
    }
    if not overdue:
        return _("%(done)s; none is overdue.") % {"done": first}
    return ngettext(
        "%(done)s; %(overdue)s is overdue.", "%(done)s; %(overdue)s are overdue.", overdue
    ) % {"done": first, "overdue": f"{overdue:,}"}


def describe_burn_down(days: list[dict[str, Any]]) -> str:
    first, last = days[0], days[-1]
    change = last["open"] - first["open"]
    values = {
        "mitigations": count_mitigations(last["open"]),
        "day": format_day(first["date"]),
        "done": f"{last['done'] - first['done']:,}",
        "change": f"{abs(change):,}",
    }
    if not change:
        text = _("%(mitigations)s open, as many as on %(day)s; %(done)s done since.")
    elif change > 0:
        text = _("%(mitigations)s open, %(change)s more than on %(day)s; %(done)s done since.")
    else:
        text = _("%(mitigations)s open, %(change)s fewer than on %(day)s; %(done)s done since.")
    return text % values


def describe_appetite(appetite: dict[str, Any]) -> str:
    rows = appetite["results"]
    if not rows:
        return _("No category has an appetite yet. A manager sets it in the category.")
    above = [row["name"] for row in rows if row["state"] == "breached"]
    if above:
        return ngettext(
            "%(above)s of %(all)s categories is above the appetite: %(names)s.",
            "%(above)s of %(all)s categories are above the appetite: %(names)s.",
            len(above),
        ) % {"above": len(above), "all": len(rows), "names": ", ".join(above)}
    return ngettext(
        "The category with an appetite is within it.",
        "All %(count)s categories with an appetite are within it.",
        len(rows),
    ) % {"count": len(rows)}


def describe_compliance(compliance: dict[str, Any]) -> str:
    rows = [row for row in compliance["results"] if row["progress"] is not None]
    if not rows:
        return _("There is no framework with applicable controls yet.")
    last = min(rows, key=lambda row: row["progress"])
    text = _("%(framework)s is the furthest behind, with %(share)s %% implemented.")
    if len(rows) == 1:
        text = _("%(share)s %% of the applicable controls of %(framework)s are implemented.")
    return text % {"share": last["progress"], "framework": last["name"]}


def describe_number(data: dict[str, Any], period: str) -> str:
    value, before = data["value"], data["before"]
    if value is None:
        return ""
    if before is None:
        return _("Nothing had been measured %(period)s before.") % {"period": period}
    change = round(value - before, 2)
    if not change:
        return _("The same as %(period)s before.") % {"period": period}
    text = _("%(change)s less than %(period)s before.")
    if change > 0:
        text = _("%(change)s more than %(period)s before.")
    return text % {"change": f"{abs(change):,}", "period": period}


def describe_breakdown(data: dict[str, Any]) -> str:
    total = sum(row["exposure"] for row in data["results"])
    if not total:
        return _("None of these open risks has been assessed.")
    first = data["results"][0]
    points = first["exposure"]
    return ngettext(
        "%(name)s has the largest exposure: %(points)s point%(share)s.",
        "%(name)s has the largest exposure: %(points)s points%(share)s.",
        points,
    ) % {
        "name": first["label"],
        "points": f"{points:,}",
        "share": format_share(points, total),
    }


def count_open_risks(count: int) -> str:
    text = ngettext("%(count)s open risk", "%(count)s open risks", count)
    return text % {"count": f"{count:,}"}


def count_risks(count: int) -> str:
    return ngettext("%(count)s risk", "%(count)s risks", count) % {"count": f"{count:,}"}


def count_mitigations(count: int) -> str:
    text = ngettext("%(count)s mitigation", "%(count)s mitigations", count)
    return text % {"count": f"{count:,}"}
