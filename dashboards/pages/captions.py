"""Captions: one sentence about each figure, for tables and charts."""

from typing import Any

from dashboards.wording import format_count, format_day, format_share

SEVERE = ("high", "critical")


def describe_heat_map(heat_map: dict[str, Any], likelihoods: list[str], impacts: list[str]) -> str:
    outside = ""
    if heat_map.get("outside"):
        count = format_count(heat_map["outside"], "risk")
        outside = f" Rated above the present matrix, which was larger then: {count}."
    fullest = max(heat_map["cells"], key=lambda cell: cell["count"])
    if not fullest["count"]:
        return f"No open risk has a likelihood and an impact.{outside}"
    total = heat_map["open"]
    severe = sum(cell["count"] for cell in heat_map["cells"] if cell["level"] in SEVERE)
    likelihood = likelihoods[fullest["likelihood"] - 1]
    impact = impacts[fullest["impact"] - 1]
    return (
        f"{severe:,} of {format_count(total, 'open risk')} {verb_be(severe)} high or critical"
        f"{format_share(severe, total)}. The fullest cell is {likelihood} and {impact}, with "
        f"{format_count(fullest['count'], 'risk')}.{outside}"
    )


def describe_timeline(timeline: dict[str, Any]) -> str:
    if not timeline["measured"]:
        return "Nothing has been measured yet."
    first, last = timeline["days"][0], timeline["days"][-1]
    before, now = (sum(day[level] for level in SEVERE) for day in (first, last))
    return (
        f"Since {format_day(first['date'])}, high and critical risks went from {before:,} to "
        f"{now:,}, and exposure from {first['exposure']:,} to {last['exposure']:,} points."
    )


def describe_top_risks(rows: list[dict[str, Any]], exposure: int) -> str:
    if not rows:
        return "No open risk has been assessed yet."
    score = sum(row["score"] for row in rows)
    risks = "The top risk has" if len(rows) == 1 else f"The top {len(rows)} risks have"
    return f"{risks} {score:,} of {exposure:,} points of exposure{format_share(score, exposure)}."


def describe_mitigations(mitigations: dict[str, Any]) -> str:
    if not mitigations["measured"]:
        return "There are no mitigations yet."
    active = mitigations["total"] - mitigations["by_status"]["cancelled"]
    done, overdue = mitigations["by_status"]["done"], mitigations["due"]["overdue"]
    share = format_share(done, active)
    late = f"{overdue:,} {verb_be(overdue)} overdue" if overdue else "none is overdue"
    return f"{done:,} of {format_count(active, 'mitigation')} {verb_be(done)} done{share}; {late}."


def describe_burn_down(days: list[dict[str, Any]]) -> str:
    first, last = days[0], days[-1]
    change = last["open"] - first["open"]
    now, then = format_count(last["open"], "mitigation"), format_day(first["date"])
    done = last["done"] - first["done"]
    if not change:
        return f"{now} open, as many as on {then}; {done:,} done since."
    more = "more" if change > 0 else "fewer"
    return f"{now} open, {abs(change):,} {more} than on {then}; {done:,} done since."


def describe_appetite(appetite: dict[str, Any]) -> str:
    rows = appetite["results"]
    if not rows:
        return "No category has an appetite yet. A manager sets it in the category."
    above = [row["name"] for row in rows if row["state"] == "breached"]
    if above:
        categories = f"{len(above)} of {len(rows)} categories {verb_be(len(above))}"
        return f"{categories} above the appetite: {', '.join(above)}."
    if len(rows) == 1:
        return "The category with an appetite is within it."
    return f"All {len(rows)} categories with an appetite are within it."


def describe_compliance(compliance: dict[str, Any]) -> str:
    rows = [row for row in compliance["results"] if row["progress"] is not None]
    if not rows:
        return "There is no framework with applicable controls yet."
    last = min(rows, key=lambda row: row["progress"])
    if len(rows) == 1:
        return f"{last['progress']} % of the applicable controls of {last['name']} are implemented."
    return f"{last['name']} is the furthest behind, with {last['progress']} % implemented."


def describe_number(data: dict[str, Any], period: str) -> str:
    value, before = data["value"], data["before"]
    if value is None:
        return ""
    if before is None:
        return f"Nothing had been measured {period} before."
    change = round(value - before, 2)
    if not change:
        return f"The same as {period} before."
    return f"{abs(change):,} {'more' if change > 0 else 'less'} than {period} before."


def describe_breakdown(data: dict[str, Any]) -> str:
    total = sum(row["exposure"] for row in data["results"])
    if not total:
        return "None of these open risks has been assessed."
    first = data["results"][0]
    points = format_count(first["exposure"], "point")
    share = format_share(first["exposure"], total)
    return f"{first['label']} has the largest exposure: {points}{share}."


def verb_be(number: int) -> str:
    return "is" if number == 1 else "are"
