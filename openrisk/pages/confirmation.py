"""Asking before what is hard to take back, on a page of its own that needs no JavaScript.

A view calls `ask_first` before it does the thing. The answer comes back to the same address with
all that was posted, and `confirmed`. Enter or a double click can therefore only reach the question.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

ANSWER = "confirmed"
OWN_FIELDS = (ANSWER, "csrfmiddlewaretoken")


@dataclass(frozen=True)
class Question:
    """A question, its consequences, the word on the button, and the fields to post again."""

    title: str
    consequences: Sequence[str]
    button: str
    fields: Sequence[tuple[str, str]]
    address: str


def ask_first(
    request: HttpRequest, title: str, consequences: Sequence[str], button: str
) -> Question | None:
    """The question to show, or None where the person has said yes."""
    if request.POST.get(ANSWER) == "yes":
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in OWN_FIELDS
        for value in values
    ]
    return Question(title, consequences, button, fields, request.get_full_path())


def is_cancelled(request: HttpRequest) -> bool:
    """Whether the person was asked and said no."""
    return request.POST.get(ANSWER) == "no"
