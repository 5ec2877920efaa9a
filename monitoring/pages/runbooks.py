"""Runbooks from docs/runbooks/: what to do when an alert fires.

They open without a login and without the database: the reader has just been woken, and either may
be down.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

FOLDER: Path = settings.BASE_DIR / "docs/runbooks"


@cache
def runbook_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.md"))


@require_safe
def runbooks_page(request: HttpRequest) -> HttpResponse:
    return render(request, "monitoring/runbook.html", {"names": runbook_names()})


@require_safe
def runbook_page(request: HttpRequest, alert: str) -> HttpResponse:
    if alert not in runbook_names():
        raise Http404
    text = (FOLDER / f"{alert}.md").read_text(encoding="utf-8")
    # These are files of the project, and the renderer escapes HTML in them.
    content = mark_safe(MarkdownIt("js-default").render(text))  # noqa: S308
    return render(request, "monitoring/runbook.html", {"alert": alert, "content": content})
