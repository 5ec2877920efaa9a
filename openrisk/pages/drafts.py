"""Drafts: what was typed into a form that could not be saved, kept until it is shown again.

A session may end while someone writes, or another log-in may change the CSRF token. The fields then
go with the log-in form, signed, and after the log-in into the session; the form's own page is shown
with them filled in, and nothing is saved. Files, passwords and secrets are not kept.

The forms of the administration are drawn by Django: inline rows that were added and choices that
were searched for are drawn again because their admin asks `typed` for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from openrisk.pages.form_filling import fill_form

FIELD = PARAMETER = SESSION_KEY = "draft"
SALT = "openrisk.accounts.drafts"  # of drafts in the browsers of people: stays the same
LARGEST = 48 * 1024  # signed and compressed: the log-in takes 64 kB (openrisk.server.limits)
NOT_KEPT = {"csrfmiddlewaretoken", "confirmed", FIELD}
LOGGED_OUT = gettext_lazy("You were logged out while writing. Check the form and save it again.")
EXPIRED = gettext_lazy("The form had expired. Nothing was saved. Check the form and save it again.")
FILES = gettext_lazy("Choose the file again: files are not kept.")

View = TypeVar("View", bound=Callable[..., Any])
Draft = dict[str, Any]  # page, its query, action, and the fields: name -> values
SecretNames = Callable[..., set[str]]


@dataclass(frozen=True)
class FormPlace:
    """The place of a view's form: a route with some of the view's arguments, or the view itself.

    `secrets` returns, for the arguments of the view, the names of fields that are not to be kept.
    """

    page: str
    arguments: tuple[str, ...]
    secrets: SecretNames
    page_query: str = ""  # of the page, where the form is on a part of it only

    def address(self, request: HttpRequest, given: dict[str, Any]) -> str:
        if not self.page:
            return request.path
        names = ("organization", *self.arguments)
        return reverse(self.page, kwargs={name: given[name] for name in names})

    def query(self, request: HttpRequest) -> str:
        """The query with which the page shows the form: its part, or what a list was shown by."""
        given = request.GET.copy()
        given.pop(PARAMETER, None)
        return self.page_query or given.urlencode()


def form_on(
    page: str = "",
    *arguments: str,
    query: str = "",
    secrets: SecretNames = lambda **_: set(),
) -> Callable[[View], View]:
    """Keep what is posted to the view where it cannot be saved: its form is on `page`?`query`."""

    def decorate(view: View) -> View:
        view.form_place = FormPlace(page, arguments, secrets, query)  # type: ignore[attr-defined]
        return view

    return decorate


def draft_of(request: HttpRequest) -> Draft | None:
    """The draft of what the request would have saved; None where its address has no form."""
    try:
        match = resolve(request.path)
    except Resolver404:
        return None
    form_place: FormPlace | None = getattr(match.func, "form_place", None)
    if form_place is None or request.method != "POST":
        return None
    secrets = getattr(getattr(match.func, "model_admin", None), "secret_fields", ())
    left_out = NOT_KEPT.union(secrets, form_place.secrets(**match.kwargs))
    return {
        "page": form_place.address(request, match.kwargs),
        "query": form_place.query(request),
        "action": request.path,
        "fields": {n: values for n, values in request.POST.lists() if n not in left_out},
        "files": bool(request.FILES),
    }


def sign_draft(draft: Draft) -> str:
    """The draft as a field of the log-in form; empty where it is too large for one."""
    text = signing.dumps(draft, salt=SALT, compress=True)
    return text if len(text) <= LARGEST else ""


def read_draft(text: str) -> Draft | None:
    """The draft that `sign` wrote, for as long as a session lasts; None for anything else."""
    try:
        draft: Draft = signing.loads(text, salt=SALT, max_age=settings.SESSION_COOKIE_AGE)
    except signing.BadSignature:
        return None
    return draft


def show_again(request: HttpRequest, draft: Draft, message: str | Promise) -> HttpResponseRedirect:
    """To the form's page, filled; needs a session."""
    request.session[SESSION_KEY] = draft
    messages.warning(request, f"{message} {FILES}" if draft["files"] else str(message))
    query = "&".join(filter(None, (draft.get("query"), f"{PARAMETER}=1")))
    return HttpResponseRedirect(f"{draft['page']}?{query}")


def fill_draft(request: HttpRequest, response: HttpResponseBase) -> None:
    """Fill the form on the page that is about to be shown, where a draft belongs to it."""
    draft = _shown_draft(request)
    if draft is None or response.status_code != 200:
        return
    if isinstance(response, TemplateResponse) and not response.is_rendered:
        response.add_post_render_callback(lambda rendered: _fill(request, rendered, draft))
    else:
        _fill(request, response, draft)


def _fill(request: HttpRequest, response: Any, draft: Draft) -> None:
    text = response.content.decode()
    filled = fill_form(text, draft["action"], draft["fields"], own=request.path)
    response.content = filled.encode()


def _shown_draft(request: HttpRequest) -> Draft | None:
    """The draft that the page of this request is to show."""
    if request.method != "GET" or PARAMETER not in request.GET:
        return None
    draft: Draft | None = request.session.get(SESSION_KEY)
    return draft if draft and draft["page"] == request.path else None


def forget_sent(request: HttpRequest) -> None:
    """The filled form is sent: the page that comes next may have the same address."""
    if request.method != "POST" or PARAMETER not in request.GET:
        return
    draft = request.session.get(SESSION_KEY)
    if draft and draft["page"] == request.path:
        del request.session[SESSION_KEY]


def draft_fields(request: HttpRequest) -> dict[str, list[str]]:
    """The fields that the page of this request is to be filled with, by name."""
    draft = _shown_draft(request)
    return draft["fields"] if draft else {}


def added_rows(request: HttpRequest, prefix: str) -> int:
    """The number of rows that had been added to the formset, on a page that is to be filled."""
    fields = draft_fields(request)
    total, present = (
        (fields.get(f"{prefix}-{name}") or ["0"])[0] for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    )
    if not all(text.isdecimal() and len(text) < 5 for text in (total, present)):
        return 0
    return max(int(total) - int(present), 0)


def is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that the form was on a page of this site."""
    parts = urlsplit(request.headers.get("Origin") or request.headers.get("Referer", ""))
    here = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return f"{parts.scheme}://{parts.netloc}" in here
