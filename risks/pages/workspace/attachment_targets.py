"""The rows that files are evidence for: their names for people, and the pages that show them."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization
from risks.models.workspace.attachments import TARGETS
from risks.pages.risk.tabs import EVIDENCE, TREATMENT, tab_address

# What the names and pages below read of a row, for select_related.
RELATED = {
    "risk": (),
    "mitigation": ("risk",),
    "action": ("mitigation__risk",),
    "acceptance": ("risk",),
    "control": (),
}
# All that the links of a file lead to, for one query.
LINK_RELATED = (
    "risk",
    "mitigation__risk",
    "action__mitigation__risk",
    "acceptance__risk",
    "control",
)
CARD = "evidence"  # the id of the card on a page


def find_target(organization: Organization, kind: str, pk: UUID) -> Any:
    """Return the row of the organization that files may belong to, or 404."""
    if kind not in TARGETS:
        raise Http404
    rows: Any = TARGETS[kind]._default_manager
    own = rows.for_organization(organization).select_related(*RELATED[kind])
    return get_object_or_404(own, pk=pk)


def name_of(kind: str, row: Any) -> str:
    """Return the row's name for people, such as "R-0012 Ransomware"."""
    if kind == "action":
        return _("Action “{title}” of {mitigation}").format(
            title=row.title, mitigation=row.mitigation.reference
        )
    if kind == "acceptance":
        return _("Acceptance of {risk}").format(risk=row.risk)
    return str(row)


def page_of(organization_slug: str, kind: str, row: Any) -> str:
    """Return the address of the page that shows the row, and on it the card where it has one."""
    if kind == "control":
        return f"{reverse('control', args=[organization_slug, row.pk])}#{CARD}"
    if kind == "risk":
        return f"{tab_address(organization_slug, row.reference, EVIDENCE)}#{CARD}"
    if kind == "acceptance":
        return tab_address(organization_slug, row.risk.reference, TREATMENT)
    mitigation = row if kind == "mitigation" else row.mitigation
    page = reverse("mitigation-page", args=[organization_slug, mitigation.reference])
    return f"{page}#{CARD}"
