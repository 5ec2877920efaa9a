"""Template filters for figures: `format_figure`, `format_change` and `day_rows`."""

from datetime import date
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from dashboards.wording import format_change, format_figure

register = template.Library()
register.filter(format_figure)
register.filter(format_change)


@register.filter
def day_rows(days: list[dict[str, Any]], names: str) -> SafeString:
    """Return a table row for each day: its date, and its values of `names`.

    `{{ days|day_rows:"open,done" }}`. Done here because a loop over a year of days in a template
    takes longer than the rest of the page.
    """
    columns = names.split(",")
    row = '<tr><th scope="row">{}</th>' + '<td class="numeric">{}</td>' * len(columns) + "</tr>"
    cells = (
        (date_format(date.fromisoformat(str(day["date"]))), *(day[name] for name in columns))
        for day in days
    )
    return format_html_join("\n", row, cells)
