"""The content of an attachment, as a download that no browser shows or runs."""

from django.http import FileResponse, HttpRequest, HttpResponseBase, HttpResponseNotModified
from django.utils.translation import gettext as _
from rest_framework.request import Request

from openrisk.api.viewsets import is_etag_known
from openrisk.errors import Conflict
from risks.files.media_types import ACTIVE, UNKNOWN
from risks.models import Attachment
from risks.services.workspace.attachments import stored_file_of

# Should a browser show it anyway: nothing is loaded, nothing runs, and it has no origin.
POLICY = "default-src 'none'; sandbox"


def download_response(request: HttpRequest | Request, attachment: Attachment) -> HttpResponseBase:
    """Return the file; 304 where the client has it. Raises Conflict where it is missing."""
    etag = f'"{attachment.sha256}"'
    if is_etag_known(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    try:
        content = stored_file_of(attachment).open()
    except FileNotFoundError:
        raise Conflict(
            _(
                "The file is missing on the server. Upload it again, or ask an administrator to "
                "restore it from a backup."
            )
        ) from None
    media_type = UNKNOWN if attachment.media_type in ACTIVE else attachment.media_type
    response = FileResponse(
        content, as_attachment=True, filename=attachment.name, content_type=media_type
    )
    response["ETag"] = etag
    response["Content-Length"] = str(attachment.size)
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
