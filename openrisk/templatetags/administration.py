"""Tags for templates of the administration."""

from typing import Any

from django import template

from openrisk.accounts.members.access import get_access
from openrisk.accounts.members.memberships import LAST_ORGANIZATION
from openrisk.accounts.models import Organization

register = template.Library()


@register.simple_tag(takes_context=True)
def searched_organization(context: template.Context) -> Organization | None:
    """Return the organization that the search looks in: of those that the person manages, the one
    whose pages were opened last, or the first."""
    request: Any = context["request"]
    managed = get_access(request).organizations()
    last = request.COOKIES.get(LAST_ORGANIZATION)
    return next((row for row in managed if row.slug == last), managed[0] if managed else None)
