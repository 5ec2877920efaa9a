"""Attachments: upload, describe, link and delete files, and keep storage and rows in step.

Uploads of an organization take turns, by a lock on its row: that makes the quota exact, lets the
same content exist once, and keeps a file from being deleted while it is uploaded again.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.database.labels import label_of_model
from openrisk.errors import FileTooLarge
from openrisk.server.limits import ATTACHMENT_FILE, MEGABYTE
from openrisk.uploads import digest_upload
from risks.files.media_types import find_media_type
from risks.files.names import clean_name
from risks.files.refusals import refuse_file
from risks.files.storage import StoredFile, stored_files, stored_organizations
from risks.history import recorded
from risks.models import Attachment, AttachmentLink, DeletedItem, DeletedRows
from risks.models.workspace.attachments import target_of
from risks.services import rows
from risks.services.workspace.deleted_items import referenced_by_deleted_items
from risks.text import clean_text

# A file without a row is left alone for as long as its upload may take.
GRACE = timedelta(days=1)
MOST_LOGGED = 50
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Upload:
    """An attachment, and whether its content was here before; then it is the earlier one."""

    attachment: Attachment
    existed: bool


@dataclass
class SweepResult:
    """The number of files that were deleted, and the attachments whose file is not whole."""

    deleted: int = 0
    missing: list[UUID] = field(default_factory=list)


def upload_attachment(
    *,
    actor: User | None,
    organization: Organization,
    file: UploadedFile,
    name: str = "",
    description: str = "",
    valid_until: date | None = None,
    target: Any = None,
) -> Upload:
    """Keep a file, and link it to the row `target` if one is given.

    Content that the organization has already stays the file that it is: name, description and
    date are those from before. Raises FileTooLarge, and ValidationError for files that are refused.
    """
    size, name = check_size(file), clean_name(name or file.name or "")
    media_type = find_media_type(file.file, size, name)  # type: ignore[arg-type]
    sha256 = digest_upload(file)
    with recorded(actor=actor):
        lock_organization(organization.pk)
        attachments = Attachment.objects.for_organization(organization)
        attachment = attachments.filter(sha256=sha256).first()
        stored, existed = StoredFile(organization.pk, sha256), attachment is not None
        if attachment is None:
            check_quota(organization, size)
            attachment = rows.create(
                Attachment,
                actor=actor,
                organization=organization,
                name=name,
                description=clean_text(description),
                valid_until=valid_until,
                sha256=sha256,
                size=size,
                media_type=media_type,
                uploaded_by=actor,
            )
        if target is not None:
            link_attachment(actor=actor, attachment=attachment, target=target)
        # Last, so that nothing is written for what is refused; it stands before the commit.
        if not (existed and stored.exists(size)):
            stored.save(file)
    return Upload(attachment, existed)


def check_size(file: UploadedFile) -> int:
    """Return the size of a file; raise where it is empty or larger than ATTACHMENT_FILE."""
    size = file.size or 0
    if size > ATTACHMENT_FILE:
        raise FileTooLarge(
            _("“{name}” has {size} MB. At most {most} MB are allowed.").format(
                name=clean_name(file.name or ""),
                size=f"{size / MEGABYTE:.1f}",
                most=ATTACHMENT_FILE // MEGABYTE,
            )
        )
    if size == 0:
        raise refuse_file(_("The file is empty. Choose one with content."))
    return size


def check_quota(organization: Organization, size: int) -> None:
    """Raise where the organization would have more than its quota."""
    quota = settings.ATTACHMENTS_QUOTA_MB * MEGABYTE
    used = Attachment.objects.for_organization(organization).total_size()
    if used + size > quota:
        raise refuse_file(
            _(
                "There is no room: your organization uses {used} of {quota} MB for files. Delete "
                "files that are no longer needed, or ask an administrator for more room."
            ).format(used=f"{used / MEGABYTE:,.0f}", quota=f"{settings.ATTACHMENTS_QUOTA_MB:,}")
        )


def lock_organization(organization_id: UUID) -> None:
    """Let one at a time of an organization's uploads and deletions of files go on.

    With `no_key`, others may still write rows that belong to the organization.
    """
    locked = Organization.objects.select_for_update(no_key=True).filter(pk=organization_id)
    list(locked.values_list("pk"))


def update_attachment(
    *, actor: User | None, instance: Attachment, version: int | None = None, **fields: Any
) -> Attachment:
    """Change name, description or the day until which it is valid."""
    if "name" in fields:
        fields["name"] = clean_name(fields["name"])
    return rows.update(actor=actor, instance=instance, version=version, **fields)


def link_attachment(*, actor: User | None, attachment: Attachment, target: Any) -> AttachmentLink:
    """Make an attachment evidence for a row of the same organization; once is enough."""
    if target.organization_id != attachment.organization_id:
        raise rows.field_error("target", _("This row is not of the organization of the file."))
    row = target_of(target)
    with recorded(actor=actor):
        rows.lock_for_update(attachment)
        link: AttachmentLink | None = attachment.links.filter(**row).first()
        return link or AttachmentLink.objects.create(
            organization_id=attachment.organization_id,
            attachment=attachment,
            linked_by=actor,
            **row,
        )


def unlink_attachment(*, actor: User | None, link: AttachmentLink) -> bool:
    """Take a link away; the file stays. Return whether it was the last one of its file."""
    with recorded(actor=actor):
        link.delete()
        return not AttachmentLink.objects.filter(attachment=link.attachment_id).exists()


def delete_attachment(
    *, actor: User | None, instance: Attachment, version: int | None = None
) -> DeletedItem:
    """Delete an attachment with its links. Its file stays for as long as it can be restored.

    Callers ask `Attachment.can_be_deleted_by` first.
    """
    return rows.delete(actor=actor, instance=instance, version=version)


def stored_file_of(attachment: Attachment) -> StoredFile:
    """Return the place of the content."""
    return StoredFile(attachment.organization_id, attachment.sha256)


def delete_unused_file(stored: StoredFile) -> bool:
    """Delete a file unless it is needed; return whether it was deleted."""
    with transaction.atomic():
        lock_organization(stored.organization_id)
        if is_needed(stored):
            return False
        stored.delete()
        return True


def is_needed(stored: StoredFile) -> bool:
    """Return whether an attachment needs the file, or one that was deleted and can be restored.

    One statement asks for both: what is deleted or restored meanwhile is seen as one of them.
    """
    attachments = Attachment.objects.filter(
        organization=stored.organization_id, sha256=stored.sha256
    )
    deleted = DeletedRows.objects.annotate(text=Cast("content", TextField())).filter(
        organization=stored.organization_id,
        labels__contains=f",{label_of_model(Attachment)},",
        text__contains=stored.sha256,
    )
    organizations = Organization.objects.filter(pk=stored.organization_id)
    return organizations.filter(Exists(attachments) | Exists(deleted)).exists()


# --- Daily


def sweep_files() -> SweepResult:
    """Delete files that no row needs and that are older than GRACE, and list rows without a file.

    Crashes and rollbacks between writing a file and its row leave such files, as do organizations
    that were deleted, and attachments whose deletion can no longer be undone.
    """
    result = SweepResult()
    restorable = referenced_by_deleted_items(Attachment, "sha256")
    with_rows = Attachment.objects.order_by().values_list("organization", flat=True).distinct()
    for organization_id in {*stored_organizations(), *with_rows}:
        sweep_organization(organization_id, restorable, result)
    if result.deleted:
        log.info("attachments_deleted", files=result.deleted)
    if result.missing:
        log.error(
            "attachments_missing",
            files=len(result.missing),
            first=[str(pk) for pk in result.missing[:MOST_LOGGED]],
        )
    return result


def sweep_organization(
    organization_id: UUID, restorable: Collection[str], result: SweepResult
) -> None:
    """Sweep the files of one organization; those in `restorable` need not be looked at."""
    before = timezone.now() - GRACE
    files = {stored.sha256: stored for stored in stored_files(organization_id)}
    own = Attachment.objects.filter(organization=organization_id).order_by("id")
    for pk, sha256, size in own.values_list("pk", "sha256", "size").iterator():
        stored = files.pop(sha256, None)
        if stored is None or not stored.exists(size):
            result.missing.append(pk)
    for sha256, stored in files.items():
        if sha256 not in restorable and written_before(stored, before):
            result.deleted += delete_unused_file(stored)


def written_before(stored: StoredFile, moment: datetime) -> bool:
    """Return whether the file is there, and was written before `moment`."""
    try:
        return bool(stored.modified_at() < moment)
    except FileNotFoundError:
        return False
