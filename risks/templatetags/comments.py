"""The text of a comment as a page shows it."""

import re
from typing import Any

from django import template
from django.utils.html import format_html, urlize
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def comment_text(comment: Any) -> SafeString:
    """Return the text, escaped, with links, and with the members whom it mentions marked."""
    names = {f"@{mention.written}" for mention in comment.mentions.all()}
    if not names:
        return link_addresses(comment.text)
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    parts = re.split(rf"(?<![\w.+-])({longest_first})(?!\w)", comment.text)
    return mark_safe(  # noqa: S308  each part is escaped
        "".join(
            format_html('<span class="mention">{}</span>', part)
            if part in names
            else link_addresses(part)
            for part in parts
        )
    )


def link_addresses(text: str) -> SafeString:
    return mark_safe(urlize(text, nofollow=True, autoescape=True))  # noqa: S308  it escapes
