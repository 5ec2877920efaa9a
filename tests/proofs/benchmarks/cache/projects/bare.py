"""Django with nothing in it: no middleware, and one view that returns bytes it has ready.

Settings and routes at once. BODY names the file with the bytes.
"""

import os
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET_KEY = "none"
ALLOWED_HOSTS = ["127.0.0.1"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.proofs.benchmarks.cache.projects.bare"

_body = Path(os.environ.get("BODY", os.devnull)).read_bytes()


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_body, content_type="application/json")


urlpatterns = [path("api/v1/risks/", view)]
