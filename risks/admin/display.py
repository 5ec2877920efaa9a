"""HTML of values in lists and forms of the admin: levels in colour, progress bars."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from risks.models import Level


def level_badge(level: str | None, score: Any = None) -> SafeString:
    """E.g. "20 Critical" on the colour of the level."""
    if not level:
        return format_html('<span class="level level-none">{}</span>', "Not assessed")
    label = f"{score} {Level(level).label}" if score is not None else Level(level).label
    return format_html('<span class="level level-{}">{}</span>', level, label)


def progress_bar(value: int | None) -> SafeString:
    if value is None:
        return format_html("{}", "Not measured: no actions")
    return format_html('<progress max="100" value="{0}"></progress> {0}&nbsp;%', value)
