"""Forms that create something are carried out once, however often they are sent.

Django draws another masked CSRF token into every form, so the token tells one drawn form from the
next: a double click, Enter twice, and Back with Save send the same one. What was created is written
down in the transaction that creates it, so both exist or neither does.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import CSRF_TOKEN_LENGTH
from django.shortcuts import resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import FormSubmission
from openrisk.pages import drafts
from openrisk.uploads import digest_upload

TOKEN = "csrfmiddlewaretoken"  # noqa: S105  a field's name
AGAIN = gettext_lazy("This form was sent twice and saved once. This is what it made.")
SHOWN_ONCE = gettext_lazy(
    "This form was sent twice: the token was made once, and its secret was shown once. If you did "
    "not copy it, revoke the token and make another."
)
CHANGED = gettext_lazy(
    "Nothing was saved now: this form was saved before, as {location}. Change that instead, or "
    "save what is here to make another."
)
CHANGED_THERE = gettext_lazy(
    "Nothing was saved now: this form was saved before, with other values. This is what it made."
)

View = Callable[..., Any]


class CreatedRedirect(HttpResponseRedirect):
    """Leads to what a form has created."""

    @property
    def created_at(self) -> str:
        return self.url


def redirect_to_created(page: str, *args: Any) -> CreatedRedirect:
    """The answer to a form that has created what `page` shows."""
    return CreatedRedirect(resolve_url(page, *args))


def mark_created(response: HttpResponse, page: str, *args: Any) -> HttpResponse:
    """`response`, which shows what a form has created; the form sent again leads to `page`."""
    response.created_at = resolve_url(page, *args)  # type: ignore[attr-defined]
    return response


def mark_redirect_created(response: HttpResponse) -> HttpResponse:
    """The answer of an admin form that adds a row: a redirect means that it did.

    "Save and add another" leads to the same address again.
    """
    return CreatedRedirect(response.url) if isinstance(response, HttpResponseRedirect) else response


def create_once(view: View, *, again: str | Promise = AGAIN) -> View:
    """Carry out each drawn form once; `view` answers by `redirect_to_created` or `mark_created`.

    A form that was refused leaves nothing behind, so it may be corrected and sent again. `again` is
    the message where the same form is sent once more.
    """

    @wraps(view)
    def handled(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = form_key(request) if request.method == "POST" else ""
        if not key:
            return view(request, *args, **kwargs)
        fingerprint = fingerprint_of(request)
        if answer := earlier_answer(request, key, fingerprint, again):
            return answer
        try:
            with transaction.atomic():
                submission = FormSubmission.objects.create(key=key, fingerprint=fingerprint)
                response = view(request, *args, **kwargs)
                if location := getattr(response, "created_at", ""):
                    submission.location = location
                    submission.save()
                else:
                    submission.delete()
                return response
        except IntegrityError:
            # The same form, sent twice at once: the other one was saved while this one waited.
            if answer := earlier_answer(request, key, fingerprint, again):
                return answer
            raise

    return handled


def form_key(request: HttpRequest) -> str:
    """A digest that names the drawn form; empty where no form was drawn, as for scripts."""
    token = request.POST.get(TOKEN, "")
    if len(token) != CSRF_TOKEN_LENGTH:  # the unmasked one, of the cookie, is the same each time
        return ""
    parts = (str(request.user.pk), request.path, token)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def earlier_answer(
    request: HttpRequest, key: str, fingerprint: str, again: str | Promise
) -> HttpResponseBase | None:
    """A redirect to what the form has created before, or None."""
    submission = FormSubmission.objects.filter(key=key).first()
    if submission is None:
        return None
    if submission.fingerprint == fingerprint:
        messages.success(request, str(again))
    elif draft := drafts.draft_of(request):
        return drafts.show_again(request, draft, CHANGED.format(location=submission.location))
    else:
        messages.warning(request, CHANGED_THERE)
    return HttpResponseRedirect(submission.location)


def fingerprint_of(request: HttpRequest) -> str:
    """A digest of what was entered, files included."""
    fields = sorted((name, values) for name, values in request.POST.lists() if name != TOKEN)
    files = sorted(
        (name, file.name, digest_upload(file))
        for name, uploads in request.FILES.lists()
        for file in uploads
    )
    return hashlib.sha256(orjson.dumps([fields, files])).hexdigest()
