"""Files that people send."""

import hashlib

from django.core.files.uploadedfile import UploadedFile


def digest_upload(file: UploadedFile) -> str:
    """SHA-256 of an upload; the next reader begins at its start again."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
