"""Messages with a button that takes back what was done; it needs no JavaScript."""

from django.contrib import messages
from django.http import HttpRequest


def offer_undo(request: HttpRequest, text: str, address: str) -> None:
    """Say `text` on the next page, with a button *Undo* that posts to `address`."""
    messages.success(request, text, extra_tags=address)
