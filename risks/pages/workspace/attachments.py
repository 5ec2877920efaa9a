"""The files of the organization: the list, the page of one, its download and its deletion."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Role
from openrisk.caching.decorators import get_or_compute
from openrisk.errors import Conflict, StaleVersion
from openrisk.pages.confirmation import Question, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, parse_version, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role
from risks.api.views.workspace.downloads import download_response
from risks.models import Attachment, AttachmentLink
from risks.models.workspace.attachments import (
    ATTACHMENT_ORDERS,
    SOON_DAYS,
    TARGETS,
    expired,
    expires_within,
    is_linked,
)
from risks.pages.workspace.attachment_forms import AttachmentForm, AttachmentLinkForm
from risks.pages.workspace.attachment_targets import (
    LINK_RELATED,
    find_target,
    name_of,
    page_of,
)
from risks.pages.workspace.deleted import restorable_sentence
from risks.pages.workspace.evidence import (
    describe_file,
    page_to_return_to,
    parse_id,
    require_may_delete,
)
from risks.services.workspace import attachments as services

PAGE_SIZE = 50
MOST_NAMED = 10
DEFAULT_ORDER = "valid_until"  # expired first
# State in the address, label of its tab, and the condition on its rows.
STATES: dict[str, tuple[Any, Any]] = {
    "": (gettext_lazy("All"), Q),
    "expired": (gettext_lazy("Expired"), expired),
    "soon": (gettext_lazy("Expire in 30 days"), lambda: expires_within(SOON_DAYS)),
    "unused": (gettext_lazy("Not used"), lambda: ~is_linked()),
}
HEADS = (
    ("name", gettext_lazy("File")),
    ("size", gettext_lazy("Size")),
    ("valid_until", gettext_lazy("Valid until")),
    ("created_at", gettext_lazy("Uploaded")),
)


@dataclass(frozen=True)
class StateTab:
    label: str
    url: str
    is_current: bool
    count: int


@require_safe
@member_required(Role.VIEWER)
def file_list(request: MemberRequest) -> HttpResponse:
    """Show the files: by state, by words, of one row; what has expired comes first."""
    query = request.GET.get("q", "").strip()[:200]
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    kind, target = requested_target(request)
    files = Attachment.objects.for_organization(request.membership.organization).search(query)
    if target is not None:
        files = files.linked_to(**{kind: target})
    counts = count_states(request, files, query, target)
    order = requested_order(request)
    paginator = Paginator(sort_files(files.filter(STATES[state][1]()), order), PAGE_SIZE)
    paginator.count = counts[state]
    page = paginator.get_page(request.GET.get("page"))
    filters = {
        name: request.GET[name]
        for name in (*TARGETS, "state", "ordering", "q")
        if request.GET.get(name)
    }
    context = {
        "files": describe_files(request, page),
        "page": page,
        "previous_url": address(filters, page=page.number - 1) if page.has_previous() else "",
        "next_url": address(filters, page=page.number + 1) if page.has_next() else "",
        "tabs": [
            StateTab(str(label), address(filters, state=key), key == state, counts[key])
            for key, (label, _make) in STATES.items()
        ],
        "heads": [build_head(filters, key, str(label), order) for key, label in HEADS],
        "query": query,
        "target_name": name_of(kind, target) if target is not None else "",
        "hidden_filters": {name: value for name, value in filters.items() if name != "q"},
        "is_filtered": bool(query or state or target),
        "may_write": request.membership.has_role(Role.ANALYST),
    }
    return render(request, "risks/workspace/files.html", context)


def count_states(request: MemberRequest, files: Any, query: str, target: Any) -> dict[str, int]:
    """Return the number of files in each of STATES, from the cache where no words are given."""

    def count() -> dict[str, int]:
        counts = {f"state_{key}": Count("pk", filter=make()) for key, (_, make) in STATES.items()}
        return {key[6:]: number for key, number in files.aggregate(**counts).items()}

    if query:
        return count()
    counts: dict[str, int] = get_or_compute(
        f"files {target.pk if target is not None else ''}",
        count,
        reads=(Attachment, AttachmentLink),
        organization_id=request.membership.organization_id,
        ttl=settings.CACHE_TTL_RISKS,
        clock="day",
    )
    return counts


def requested_target(request: MemberRequest) -> tuple[str, Any]:
    """Return kind and row of which the address wants the files, or "" and None."""
    for kind in TARGETS:
        if pk := parse_id(request.GET.get(kind, "")):
            return kind, find_target(request.membership.organization, kind, pk)
    return "", None


def requested_order(request: MemberRequest) -> str:
    order = request.GET.get("ordering", "")
    return order if order.removeprefix("-") in ATTACHMENT_ORDERS else DEFAULT_ORDER


def sort_files(files: Any, order: str) -> Any:
    """Return the rows in an order of ATTACHMENT_ORDERS, with their links."""
    sign, name = ("-", order[1:]) if order.startswith("-") else ("", order)
    sorted_files = files.annotate(_order=ATTACHMENT_ORDERS[name]).order_by(
        f"{sign}_order", f"{sign}id"
    )
    links = AttachmentLink.objects.select_related(*LINK_RELATED).order_by("created_at", "id")
    return sorted_files.select_related("uploaded_by").prefetch_related(Prefetch("links", links))


def describe_files(request: MemberRequest, files: Iterable[Attachment]) -> list[tuple[Any, Any]]:
    """Return each file as it is shown, with name and address of each row that it belongs to."""
    today = timezone.now().date()
    slug = request.organization_slug
    return [
        (
            describe_file(attachment, today),
            [
                (link, name_of(link.kind, link.target), page_of(slug, link.kind, link.target))
                for link in attachment.links.all()
            ],
        )
        for attachment in files
    ]


def address(filters: dict[str, str], **changes: Any) -> str:
    """Return the address of the list with these filters and changes, from its first page."""
    return f"?{urlencode({name: value for name, value in (filters | changes).items() if value})}"


def build_head(filters: dict[str, str], key: str, label: str, order: str) -> dict[str, str]:
    """Return a head of the table: its label, the address that sorts by it, and how it is sorted."""
    is_sorted = order.removeprefix("-") == key
    is_descending = order.startswith("-")
    other = f"-{key}" if is_sorted and not is_descending else key
    sort = ("descending" if is_descending else "ascending") if is_sorted else ""
    return {"label": label, "url": address(filters, ordering=other), "sort": sort, "key": key}


# --- One file


def find_file(request: MemberRequest, pk: UUID) -> Attachment:
    """Return the file of the organization of the page, or 404."""
    files = sort_files(
        Attachment.objects.for_organization(request.membership.organization), DEFAULT_ORDER
    )
    attachment: Attachment = get_object_or_404(files, pk=pk)
    return attachment


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
def file_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show a file, where it is used, and the form that describes it."""
    attachment = find_file(request, pk)
    if request.method == "GET":
        return show_file(request, attachment)
    require_role(request, Role.ANALYST)
    form = AttachmentForm(request.POST, instance=attachment)
    if not form.is_valid():
        return show_file(request, attachment, form=form, status=400)
    try:
        services.update_attachment(
            actor=request.membership.user,
            instance=attachment,
            version=form.cleaned_data["version"],
            **form.changes(),
        )
    except StaleVersion as refusal:
        attachment.refresh_from_db(fields=["name", "valid_until", "description", "version"])
        form = AttachmentForm(request.POST, instance=attachment)
        differences = form.differences()
        form.show_version(attachment.version)
        form.add_refusal(refusal)
        return show_file(request, attachment, form=form, differences=differences, status=412)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return show_file(request, attachment, form=form, status=status_of(refusal))
    messages.success(request, _("The file is saved."))
    return redirect("file", request.organization_slug, pk)


def show_file(
    request: MemberRequest, attachment: Attachment, *, status: int = 200, **context: Any
) -> HttpResponse:
    file, links = describe_files(request, [attachment])[0]
    organization = request.membership.organization
    context = {
        "form": AttachmentForm(instance=attachment),
        "link_form": AttachmentLinkForm(organization=organization),
        "file": file,
        "links": links,
        "may_write": request.membership.has_role(Role.ANALYST),
        "may_delete": attachment.can_be_deleted_by(request.membership),
        **context,
    }
    return render(request, "risks/workspace/file.html", context, status=status)


@form_on("file", "pk")
@require_POST
@member_required(Role.ANALYST)
def attach_to_risks(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Attach a file to the risks that were chosen."""
    attachment = find_file(request, pk)
    form = AttachmentLinkForm(request.POST, organization=request.membership.organization)
    if not form.is_valid():
        return show_file(request, attachment, link_form=form, status=400)
    risks = form.cleaned_data["risks"]
    try:
        with transaction.atomic():
            for risk in risks:
                services.link_attachment(
                    actor=request.membership.user, attachment=attachment, target=risk
                )
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return show_file(request, attachment, link_form=form, status=status_of(refusal))
    text = ngettext("Attached to {risk}.", "Attached to {count} risks.", len(risks))
    messages.success(request, text.format(risk=risks[0].reference, count=len(risks)))
    return redirect("file", request.organization_slug, pk)


@require_safe
@member_required(Role.VIEWER)
def download_file(request: MemberRequest, pk: UUID) -> HttpResponseBase:
    files = Attachment.objects.for_organization(request.membership.organization)
    attachment = get_object_or_404(files, pk=pk)
    try:
        return download_response(request, attachment)
    except Conflict as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect("file", request.organization_slug, pk)


@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def delete_file(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Ask for confirmation, then delete the file everywhere."""
    attachment = find_file(request, pk)
    require_may_delete(request, attachment)
    back = page_to_return_to(request)
    if is_cancelled(request):
        return HttpResponseRedirect(back)
    if request.POST.get("confirmed") != "yes":
        question = Question(
            _("Delete “{name}”?").format(name=attachment.name),
            [describe_uses(attachment), restorable_sentence(), _("Its history stays.")],
            _("Delete the file"),
            [("version", str(attachment.version)), ("back", back)],
            request.path,
        )
        return render(request, "confirm.html", {"question": question})
    try:
        services.delete_attachment(
            actor=request.membership.user,
            instance=attachment,
            version=parse_version(request.POST.get("version", "")),
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect("file", request.organization_slug, pk)
    messages.success(request, _("“{name}” is deleted.").format(name=attachment.name))
    is_gone = back.startswith(reverse("file", args=[request.organization_slug, pk]))
    files = reverse("files", args=[request.organization_slug])
    return HttpResponseRedirect(files if is_gone else back)


def describe_uses(attachment: Attachment) -> str:
    """Return a sentence on the rows that lose the file."""
    names = [name_of(link.kind, link.target) for link in attachment.links.all()]
    if not names:
        return _("It is not attached anywhere. Cancel to keep it under Files.")
    text = ngettext(
        "It is attached to {names}.", "It is attached to {count} rows: {names}.", len(names)
    )
    more = " …" if len(names) > MOST_NAMED else ""
    return text.format(count=len(names), names=", ".join(names[:MOST_NAMED]) + more)
