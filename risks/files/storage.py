"""The content of attachments, in the storage that `STORAGES["attachments"]` names.

A file is stored by organization and SHA-256. It is written before its row is committed and deleted
after its row is gone, so that a crash in between leaves a file without a row, never the reverse.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import Storage, storages

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredFile:
    """A file in the storage, by its place."""

    organization_id: UUID
    sha256: str

    @property
    def name(self) -> str:
        """The place in the storage: organization, two digits, SHA-256."""
        return f"{self.organization_id}/{self.sha256[:2]}/{self.sha256}"

    def exists(self, size: int) -> bool:
        """Return whether it is there as a whole: one that was cut off counts as missing."""
        storage = attachment_storage()
        try:
            return storage.exists(self.name) and storage.size(self.name) == size
        except FileNotFoundError:
            return False

    def save(self, content: File) -> None:
        """Write the content, over what may be there."""
        content.seek(0)
        attachment_storage().save(self.name, content)

    def open(self) -> File:
        """Return the file, to be read. Raises FileNotFoundError."""
        return attachment_storage().open(self.name, "rb")

    def delete(self) -> None:
        """Delete it, if it is there."""
        attachment_storage().delete(self.name)

    def modified_at(self) -> Any:
        """Return the time at which it was written. Raises FileNotFoundError."""
        return attachment_storage().get_modified_time(self.name)


def attachment_storage() -> Storage:
    """Return the storage that holds attachments and nothing else."""
    return storages["attachments"]


def stored_organizations() -> list[UUID]:
    """Return the organizations that have a folder."""
    return [UUID(name) for name in _folders("") if _is_uuid(name)]


def stored_files(organization_id: UUID) -> Iterator[StoredFile]:
    """Yield the files of an organization; what was not stored here is left out."""
    folder = str(organization_id)
    for part in _folders(folder):
        for name in attachment_storage().listdir(f"{folder}/{part}")[1]:
            if SHA256.fullmatch(name):
                yield StoredFile(organization_id, name)


def _folders(path: str) -> list[str]:
    try:
        return sorted(attachment_storage().listdir(path)[0])
    except FileNotFoundError:
        return []


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
