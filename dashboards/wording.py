"""Numbers and days as people read them: for headlines, captions, pages and the PDF."""

from datetime import date

MINUS = "\N{MINUS SIGN}"


def format_figure(value: float | None) -> str:
    """Return `1,234` or `7.9`, or "not measured" for None."""
    return "not measured" if value is None else f"{value:,}"


def format_change(value: float | None) -> str:
    """Return the change with its sign, or an empty string for none or an unknown one."""
    if not value:
        return ""
    return f"{'+' if value > 0 else MINUS}{abs(value):,}"


def format_count(number: int, noun: str) -> str:
    """Return "1 open risk", "1,234 open risks"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def format_share(part: int, whole: int) -> str:
    """Return " (12 %)" to append to a number, or an empty string where there is nothing to say."""
    if not whole or not part:
        return ""
    share = part / whole
    return f" ({100 * share:.0f} %)" if share >= 0.01 else " (less than 1 %)"


def format_day(day: str | date) -> str:
    """Return "3 March 2026"."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day.day} {day:%B %Y}"
