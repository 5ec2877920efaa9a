"""Tags for components (`openrisk/templates/components/`). `/styleguide/` shows each of them."""

import zlib
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

AVATAR_COLOURS = 8


@register.simple_block_tag(takes_context=True)
def component(context: template.Context, content: str, name: str, **values: Any) -> SafeString:
    """Render `components/<name>.html` around the block, which it shows as `content`:

    {% component "dialog" id="share" title="Share" %} ... {% endcomponent %}
    """
    engine: Any = context.template.engine  # type: ignore[union-attr]  # it is being rendered
    wrapper = engine.get_template(f"components/{name}.html")
    with context.push(content=content, **values):
        return SafeString(wrapper.render(context))


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of `icons.svg`, hidden from screen readers unless it has a label."""
    address = f"{static('openrisk/icons.svg')}#{name}"
    if label:
        text = '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>'
        return format_html(text, label, address)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', address)


def initials(name: Any) -> str:
    """Return the initials of a person or an organization, for a picture of them."""
    words = str(name).partition("@")[0].replace(".", " ").replace("-", " ").split()
    first, last = (words[0], words[-1]) if len(words) > 1 else (str(name)[:2], "")
    return (first[:1] + last[:1] if last else first).upper()


@register.simple_tag
def avatar(name: Any, shape: str = "") -> SafeString:
    """Return initials on a colour that stays the same for a name. Show the name beside it."""
    colour = zlib.crc32(str(name).encode()) % AVATAR_COLOURS
    return format_html(
        '<span class="avatar avatar-{} {}" aria-hidden="true">{}</span>',
        colour,
        shape,
        initials(name),
    )


@register.simple_tag
def breadcrumbs(*parts: Any) -> SafeString:
    """Return the way to a page: label and address in turns, and the label of the page itself.

    {% breadcrumbs "Risks" risk_list_url risk.reference %}
    """
    *links, current = parts
    items = format_html_join(
        "", '<li><a href="{}">{}</a></li>', zip(links[1::2], links[::2], strict=True)
    )
    return format_html(
        '<nav aria-label="{}" class="breadcrumbs"><ol>{}<li aria-current="page">{}</li></ol></nav>',
        _("Breadcrumb"),
        items,
        current,
    )
