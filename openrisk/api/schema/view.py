"""`/api/schema/`, made once in each process: it is the same for everyone, and takes a second."""

import hashlib
import threading
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.encoding import force_bytes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response

_making = threading.Lock()
_rendered: dict[str, tuple[bytes, str, str]] = {}  # by media type: body, ETag, Content-Disposition


class SchemaView(SpectacularAPIView):
    """Answers with what was made before; 304 to callers who have it."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        media_type = request.accepted_renderer.media_type  # one of the few renderers
        with _making:
            if media_type not in _rendered:
                _rendered[media_type] = self._make(request, *args, **kwargs)
        body, etag, disposition = _rendered[media_type]
        response = HttpResponse(body, content_type=media_type)
        response["ETag"] = etag
        response["Content-Disposition"] = disposition
        response["Vary"] = "Accept"
        response["Cache-Control"] = "no-cache"  # keep it, and ask whether it is still the same
        return get_conditional_response(request._request, etag=etag, response=response) or response

    def _make(self, request: Request, *args: Any, **kwargs: Any) -> tuple[bytes, str, str]:
        response: Response = super().get(request, *args, **kwargs)
        renderer = request.accepted_renderer
        body = force_bytes(
            renderer.render(response.data, renderer.media_type, {"response": response})
        )
        digest = hashlib.sha256(body).hexdigest()[:32]
        return body, f'"{digest}"', response["Content-Disposition"]
