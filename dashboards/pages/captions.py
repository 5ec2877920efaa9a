"""What a figure says, in a sentence: the captions of tables and charts."""

from datetime import date
from typing import Any

GRAVE = ("high", "critical")


def describe_heat_map(heat_map: dict[str, Any], likelihoods: list[str], impacts: list[str]) -> str:
    total = heat_map["open"]
    grave = sum(cell["count"] for cell in heat_map["cells"] if cell["level"] in GRAVE)
    fullest = max(heat_map["cells"], key=lambda cell: cell["count"])
    if not fullest["count"]:
        return "No open risk has a likelihood and an impact."
    place = f"{likelihoods[fullest['likelihood'] - 1]} and {impacts[fullest['impact'] - 1]}"
    return (
        f"{grave:,} of {_count(total, 'open risk')} {_are(grave)} high or critical"
        f"{_share(grave, total)}; most are {place}: {fullest['count']:,}."
    )


def describe_timeline(timeline: dict[str, Any]) -> str:
    if not timeline["measured"]:
        return "Nothing has been measured yet."
    first, last = timeline["days"][0], timeline["days"][-1]
    before, now = (sum(day[level] for level in GRAVE) for day in (first, last))
    return (
        f"Since {format_day(first['date'])}, high and critical risks went from {before:,} to "
        f"{now:,} and exposure from {first['exposure']:,} to {last['exposure']:,} points."
    )


def describe_top_risks(rows: list[dict[str, Any]], exposure: int) -> str:
    if not rows:
        return "No open risk has been assessed yet."
    score = sum(row["score"] for row in rows)
    which = "The highest risk carries" if len(rows) == 1 else f"The {len(rows)} highest carry"
    return f"{which} {score:,} of {exposure:,} points of exposure{_share(score, exposure)}."


def describe_mitigations(mitigations: dict[str, Any]) -> str:
    if not mitigations["measured"]:
        return "There are no mitigations yet."
    active = mitigations["total"] - mitigations["by_status"]["cancelled"]
    done, overdue = mitigations["by_status"]["done"], mitigations["due"]["overdue"]
    late = f"{overdue:,} {_are(overdue)} overdue" if overdue else "none is overdue"
    share = _share(done, active)
    return f"{done:,} of {_count(active, 'mitigation')} {_are(done)} done{share}; {late}."


def describe_burn_down(days: list[dict[str, Any]]) -> str:
    first, last = days[0], days[-1]
    change = last["open"] - first["open"]
    now, then = _count(last["open"], "mitigation"), format_day(first["date"])
    if not change:
        return f"{now} open, as many as on {then}."
    more = "more" if change > 0 else "fewer"
    done = last["done"] - first["done"]
    return f"{now} open, {abs(change):,} {more} than on {then}; {done:,} done since."


def describe_appetite(appetite: dict[str, Any]) -> str:
    rows = appetite["results"]
    if not rows:
        return "No category has an appetite yet. A manager sets it with the category."
    above = [row["name"] for row in rows if row["state"] == "breached"]
    if not above:
        return f"All {len(rows)} categories with an appetite are within it."
    return f"{len(above)} of {len(rows)} categories bear more than they should: {', '.join(above)}."


def describe_compliance(compliance: dict[str, Any]) -> str:
    rows = [row for row in compliance["results"] if row["progress"] is not None]
    if not rows:
        return "No framework with controls has been set up yet."
    least = min(rows, key=lambda row: row["progress"])
    if len(rows) == 1:
        return (
            f"{least['progress']} % of the applicable controls of {least['name']} are implemented."
        )
    return f"{least['name']} is the furthest behind, with {least['progress']} % implemented."


def describe_number(data: dict[str, Any], period: str) -> str:
    value, before = data["value"], data["before"]
    if value is None or before is None:
        return f"Nothing had been measured {period} before." if value is not None else ""
    change = round(value - before, 2)
    if not change:
        return f"As {period} before."
    return f"{abs(change):,} {'more' if change > 0 else 'less'} than {period} before."


def describe_breakdown(data: dict[str, Any]) -> str:
    rows = data["results"]
    total = sum(row["exposure"] for row in rows)
    if not total:
        return "No open risk has been assessed here."
    first = rows[0]
    share = _share(first["exposure"], total)
    return f"{first['label']} weighs most, with {first['exposure']:,} points{share}."


def format_day(day: str | date) -> str:
    """ "3 March 2026" """
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day.day} {day:%B %Y}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _share(part: int, whole: int) -> str:
    if not whole or not part:
        return ""
    share = part / whole
    return f" ({share:.0%})" if share >= 0.01 else " (less than 1%)"
