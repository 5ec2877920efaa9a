"""The page of what was deleted: restore it, or delete it for good."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Role, User
from openrisk.database.labels import model_of_label
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.forms import REFUSALS, refusal_sentence
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import CreatedRedirect, create_once
from openrisk.pages.undo import offer_undo
from risks.models import DeletedItem, Risk
from risks.models.base import format_reference
from risks.models.workspace.deleted_items import kind_label
from risks.services.deletion import KEPT_FOR, describe_deleted_parts
from risks.services.workspace import deleted_items
from risks.services.workspace.restoring import Restoration

PAGE_SIZE = 50
# The page of a restored row, by the label of its model: (slug of the organization, row) -> address.
_addresses: dict[str, Callable[[str, Any], str]] = {
    "risks.risk": lambda slug, risk: reverse("risk-page", args=[slug, risk.reference]),
    "risks.mitigation": lambda slug, row: reverse("mitigation-page", args=[slug, row.reference]),
    "risks.mitigationaction": lambda slug, row: reverse(
        "mitigation-page", args=[slug, row.mitigation.reference]
    ),
    "risks.control": lambda slug, row: reverse("control", args=[slug, row.pk]),
    "risks.framework": lambda slug, row: reverse(
        "controls", args=[slug], query={"framework": str(row.pk)}
    ),
}


def register_address(kind: str, address: Callable[[str, Any], str]) -> None:
    """Say where a restored row of this kind is shown."""
    _addresses[kind] = address


def offer_restore(request: MemberRequest, item: DeletedItem, text: str = "") -> None:
    """Say on the next page that something was deleted, with a button to take that back."""
    name = item.reference or f"“{item.label}”"
    text = text or _("%(name)s is deleted.") % {"name": name} + f" {restorable_sentence()}"
    address = reverse("deleted-restore", args=[request.organization_slug, item.pk])
    offer_undo(request, text, address)


def restorable_sentence() -> str:
    """Say how long what is deleted can be restored."""
    return _("It can be restored for %(days)s days.") % {"days": KEPT_FOR.days}


@require_safe
@member_required(Role.VIEWER)
def deleted_page(request: MemberRequest) -> HttpResponse:
    items = visible_items(request)
    kinds = sorted(items.order_by().values_list("kind", flat=True).distinct())
    people = User.objects.filter(pk__in=items.order_by().values("deleted_by"))
    kind, person = request.GET.get("kind", ""), request.GET.get("person", "")
    chosen = items.filter(kind=kind) if kind else items
    if person:
        chosen = chosen.filter(deleted_by__in=[row.pk for row in people if str(row.pk) == person])
    page = Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "rows": [item_row(request, item) for item in page],
        "page": page,
        "previous_url": page_address(request.GET, page, -1),
        "next_url": page_address(request.GET, page, 1),
        "kinds": [(label, kind_label(label).capitalize(), label == kind) for label in kinds],
        "people": [(row.pk, str(row), str(row.pk) == person) for row in people],
        "is_filtered": bool(kind or person),
        "days": KEPT_FOR.days,
        "may_delete": request.membership.has_role(Role.ADMIN),
        "sees_all": request.membership.has_role(Role.MANAGER),
    }
    return render(request, "risks/workspace/deleted.html", context)


def visible_items(request: MemberRequest) -> Any:
    items: Any = deleted_items.visible_to(request.membership)
    return items.filter(restored_at=None).select_related("deleted_by")


def item_row(request: MemberRequest, item: DeletedItem) -> dict[str, Any]:
    return {
        "item": item,
        "parts": describe_deleted_parts(item),
        "days_left": max((item.expires_at - timezone.now()).days, 0),
        "may_restore": deleted_items.can_restore(request.membership, item),
    }


def page_address(query: QueryDict, page: Page[Any], step: int) -> str:
    if not (page.has_next() if step > 0 else page.has_previous()):
        return ""
    changed = query.copy()
    changed["page"] = str(page.number + step)
    return f"?{changed.urlencode()}"


@require_POST
@member_required(Role.VIEWER)
@create_once
def restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Restore an item, or all of its bulk change, and show what is there again."""
    item = get_object_or_404(deleted_items.visible_to(request.membership), pk=pk)
    if not deleted_items.can_restore(request.membership, item):
        raise PermissionDenied(str(deleted_items.MAY_NOT_RESTORE))
    together = request.POST.get("together") == "yes"
    service = deleted_items.restore_batch if together else deleted_items.restore_item
    try:
        restoration = service(actor=request.membership.user, item=item)
    except REFUSALS as refusal:
        messages.error(request, f"{item.label}: {refusal_sentence(refusal)}")
        return redirect("deleted", request.organization_slug)
    say_what_came_back(request, restoration)
    return CreatedRedirect(address_after(request, restoration))


def say_what_came_back(request: MemberRequest, restoration: Restoration) -> None:
    count = len(restoration.items)
    name = restoration.items[0].label
    text = ngettext("%(name)s is restored.", "%(count)s items are restored.", count)
    messages.success(request, text % {"name": name, "count": count})
    for note in restoration.notes:
        messages.warning(request, note)


def address_after(request: MemberRequest, restoration: Restoration) -> str:
    """Return the page of the row if one was restored that has a page, else the list."""
    slug = request.organization_slug
    item = restoration.items[0]
    address = _addresses.get(item.kind)
    if address is None or len(restoration.items) > 1:
        return reverse("deleted", args=[slug])
    return address(slug, model_of_label(item.kind)._base_manager.get(pk=item.object_id))


@require_http_methods(["GET", "POST"])
@member_required(Role.ADMIN)
def delete_for_good(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Ask for confirmation, then delete the item and all that it could restore."""
    item = get_object_or_404(visible_items(request), pk=pk)
    page = redirect("deleted", request.organization_slug)
    if is_cancelled(request):
        return page
    parts = describe_deleted_parts(item)
    consequences = [
        _("“%s” can never be restored. Its history stays.") % item.label,
        *([_("Neither can what was deleted with it: %s.") % parts] if parts else []),
    ]
    title = _("Delete this %s for good?") % item.kind_label
    if question := ask_first(request, title, consequences, _("Delete for good")):
        return render(request, "confirm.html", {"question": question})
    try:
        deleted_items.delete_for_good(actor=request.membership.user, item=item)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        messages.success(request, _("“%s” is deleted for good.") % item.label)
    return page


def show_deleted_risk(request: MemberRequest, number: int) -> HttpResponse | None:
    """Return a 404 that says by whom a risk was deleted, for those who may see that."""
    reference = format_reference("R", number)
    item = deleted_items.find_deleted(request.membership, Risk, reference=reference)
    if item is None:
        return None
    context = item_row(request, item)
    return render(request, "risks/workspace/deleted_risk.html", context, status=404)
