"""Evidence: the card with the files of a row, and the forms that attach files and take them away.

A page that shows a row with files calls `load_card` and includes
`risks/workspace/_attachments.html`, which reads `evidence`. The forms have addresses of their own,
so no such page needs to know about them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Membership, Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, reasons_by_field, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import CreatedRedirect, create_once
from risks.files.media_types import describe_media_type, is_misleading
from risks.files.names import clean_name
from risks.models import Attachment, AttachmentLink
from risks.models.workspace.attachments import target_of
from risks.pages.workspace.attachment_forms import AttachmentUploadForm
from risks.pages.workspace.attachment_targets import CARD, find_target, name_of, page_of
from risks.services.workspace import attachments as services
from risks.text import day_text

MOST_ON_CARD = 50
MOST_TO_CHOOSE = 20


@dataclass(frozen=True)
class FileRow:
    """A file in a list, with what is said of it; `link` where the list is of one row's files."""

    attachment: Attachment
    type_label: str
    is_expired: bool
    is_misleading: bool
    link: AttachmentLink | None = None


@dataclass(frozen=True)
class EvidenceCard:
    """The card: at most MOST_ON_CARD files of a row, and what the person may do."""

    kind: str
    row: Any
    files: list[FileRow]
    has_more: bool
    may_write: bool
    form: AttachmentUploadForm
    id: str = CARD


def describe_file(
    attachment: Attachment, today: date, link: AttachmentLink | None = None
) -> FileRow:
    return FileRow(
        attachment,
        describe_media_type(attachment.media_type),
        attachment.is_expired(today),
        is_misleading(attachment.name, attachment.media_type),
        link,
    )


def load_card(membership: Membership, row: Any) -> EvidenceCard:
    """Return the card for a row: a risk, mitigation, action, acceptance or control. One query."""
    target = target_of(row)
    links = AttachmentLink.objects.filter(**target).order_by("-created_at", "-id")
    found = list(links.select_related("attachment", "linked_by")[: MOST_ON_CARD + 1])
    today = timezone.now().date()
    return EvidenceCard(
        kind=next(iter(target)),
        row=row,
        files=[describe_file(link.attachment, today, link) for link in found[:MOST_ON_CARD]],
        has_more=len(found) > MOST_ON_CARD,
        may_write=membership.has_role(Role.ANALYST),
        form=AttachmentUploadForm(),
    )


# --- Attach files


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def add_files(
    request: MemberRequest, kind: str | None = None, pk: UUID | None = None
) -> HttpResponse:
    """Upload files, for a row or for later; on a page of its own, which is shown after refusals."""
    target = find_target(request.membership.organization, kind, pk) if kind and pk else None
    is_sent = request.method == "POST"
    form = AttachmentUploadForm(request.POST, request.FILES) if is_sent else AttachmentUploadForm()
    status = 400 if is_sent else 200
    if form.is_valid():
        files = form.cleaned_data["uploads"]
        uploads, refusals = save_files(request, files, form.cleaned_data, target)
        if uploads:
            tell_saved(request, uploads)
            for file, refusal in refusals:
                messages.error(
                    request, f"“{clean_name(file.name or '')}”: {refusal_sentence(refusal)}"
                )
            return CreatedRedirect(page_after(request, kind, target))
        for file, refusal in refusals:
            add_refusal(form, refusal, f"“{file.name}”: " if len(files) > 1 else "")
        status = max(status_of(refusal) for _file, refusal in refusals)
    return show_upload_page(request, form, kind, target, status)


def save_files(
    request: MemberRequest, files: Iterable[UploadedFile], fields: dict[str, Any], target: Any
) -> tuple[list[services.Upload], list[tuple[UploadedFile, Any]]]:
    """Upload each file by itself; return what was saved, and the refusals of the others."""
    uploads, refusals = [], []
    for file in files:
        try:
            upload = services.upload_attachment(
                actor=request.membership.user,
                organization=request.membership.organization,
                file=file,
                description=fields["description"],
                valid_until=fields["valid_until"],
                target=target,
            )
        except REFUSALS as refusal:
            refusals.append((file, refusal))
        else:
            uploads.append(upload)
    return uploads, refusals


def tell_saved(request: MemberRequest, uploads: list[services.Upload]) -> None:
    """Say what is new, and which files were here already."""
    if new := [upload.attachment.name for upload in uploads if not upload.existed]:
        text = ngettext("“{name}” is saved.", "{count} files are saved.", len(new))
        messages.success(request, text.format(name=new[0], count=len(new)))
    for upload in uploads:
        if upload.existed:
            text = _(
                "A file with the same content was here already: “{name}”, since {day}. It is used "
                "instead, with its own name, description and date."
            )
            attachment = upload.attachment
            day = day_text(attachment.created_at)
            messages.info(request, text.format(name=attachment.name, day=day))


def add_refusal(form: AttachmentUploadForm, refusal: Exception, prefix: str) -> None:
    """Show why a file was refused, beside the files."""
    for name, texts in reasons_by_field(refusal).items():
        field = form.service_fields.get(name, name)
        for text in texts:
            form.add_error(field if field in form.fields else "uploads", f"{prefix}{text}")


def show_upload_page(
    request: MemberRequest,
    form: AttachmentUploadForm,
    kind: str | None,
    target: Any,
    status: int,
) -> HttpResponse:
    """Show the form for files, and files that are here already to choose from."""
    query = request.GET.get("q", "").strip()[:200]
    context = {
        "form": form,
        "kind": kind,
        "target": target,
        "target_name": name_of(kind, target) if kind else "",
        "back": page_after(request, kind, target),
        "query": query,
        "choices": find_choices(request, target, query) if target else [],
    }
    return render(request, "risks/workspace/upload.html", context, status=status)


def find_choices(request: MemberRequest, target: Any, query: str) -> list[FileRow]:
    """Return the latest files that match the words and are not attached to the row yet."""
    files = Attachment.objects.for_organization(request.membership.organization).search(query)
    others = files.exclude(
        pk__in=AttachmentLink.objects.filter(**target_of(target)).values("attachment")
    )
    today = timezone.now().date()
    latest = others.order_by("-created_at", "-id")[:MOST_TO_CHOOSE]
    return [describe_file(attachment, today) for attachment in latest]


def page_after(request: MemberRequest, kind: str | None, target: Any) -> str:
    """Return the address of the page that shows what was attached."""
    if kind is None:
        return reverse("files", args=[request.organization_slug])
    return page_of(request.organization_slug, kind, target)


@require_POST
@member_required(Role.ANALYST)
def attach_existing(request: MemberRequest, kind: str, pk: UUID) -> HttpResponse:
    """Attach a file that is here already to a row."""
    organization = request.membership.organization
    target = find_target(organization, kind, pk)
    files = Attachment.objects.for_organization(organization)
    attachment = get_object_or_404(files, pk=parse_id(request.POST.get("file", "")))
    try:
        services.link_attachment(
            actor=request.membership.user, attachment=attachment, target=target
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        text = _("“{name}” is attached to {target}.")
        messages.success(request, text.format(name=attachment.name, target=name_of(kind, target)))
    return HttpResponseRedirect(page_of(request.organization_slug, kind, target))


def parse_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# --- Take files away


@require_POST
@member_required(Role.ANALYST)
def detach(request: MemberRequest, pk: UUID, link: UUID) -> HttpResponse:
    """Take a file away from a row; after the last one, ask whether to delete the file."""
    links = AttachmentLink.objects.filter(organization=request.membership.organization)
    back = page_to_return_to(request)
    row = links.select_related("attachment").filter(pk=link, attachment=pk).first()
    if row is None:
        files = Attachment.objects.for_organization(request.membership.organization)
        get_object_or_404(files, pk=pk)
        messages.info(request, _("The file was detached already."))
        return HttpResponseRedirect(back)
    was_last = services.unlink_attachment(actor=request.membership.user, link=row)
    text = _("“{name}” is no longer attached here.")
    messages.success(request, text.format(name=row.attachment.name))
    if not was_last:
        return HttpResponseRedirect(back)
    if row.attachment.can_be_deleted_by(request.membership):
        address = reverse("file-delete", args=[request.organization_slug, pk])
        return HttpResponseRedirect(f"{address}?{urlencode({'back': back})}")
    text = _("It is not attached anywhere now. Its author or a manager may delete it under Files.")
    messages.info(request, text)
    return HttpResponseRedirect(back)


def page_to_return_to(request: MemberRequest) -> str:
    """Return the page that the form or the address names, of this organization, or the files."""
    back = request.POST.get("back") or request.GET.get("back", "")
    is_here = back.startswith(f"/o/{request.organization_slug}/")
    if is_here and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("files", args=[request.organization_slug])


def require_may_delete(request: MemberRequest, attachment: Attachment) -> None:
    """Raise PermissionDenied unless the person may delete the file."""
    if not attachment.can_be_deleted_by(request.membership):
        raise PermissionDenied(
            _("Only its author or a manager may delete this file. Ask one of them.")
        )
