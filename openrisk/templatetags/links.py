"""Links to addresses that came from outside."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from openrisk.links import safe_link

register = template.Library()


@register.simple_tag
def external_link(address: str, label: str) -> SafeString:
    """A button that opens `address`; where it is none to link to, label and address as text."""
    if url := safe_link(address):
        return format_html(
            '<a class="button" rel="noopener noreferrer" href="{}">{}</a>', url, label
        )
    return format_html('<span class="muted">{}: {}</span>', label, address)
