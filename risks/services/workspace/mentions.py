"""Find the members whom a comment mentions: `@` and a name, a first name or an e-mail address.

Only members of the organization are found. A name that several of them have names none: the
author is asked to write the address instead.
"""

import re
from collections import Counter, defaultdict
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.text.folding import FoldedLines, fold_text

MAX_MENTIONS = 50  # of one comment
MAX_WORDS = 5  # of a name
MAX_CHOICES = 8  # offered while someone writes a name
# An @ that begins a word; addresses have one inside.
_AT = re.compile(r"(?<![\w.+-])@(?=\w)")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_WORD = re.compile(r"[\w'\u2019.-]*\w")

Spellings = dict[str, str]  # folded -> as it is written


class AmbiguousName(ValueError):
    """A name that several members have; the message says so, and what to write instead."""


def find_mentions(organization: Organization, text: str) -> dict[User, str]:
    """Return the members whom `text` mentions, each with the name as it is written there.

    Raises AmbiguousName.
    """
    candidates = [read_spellings(text[at.end() :]) for at in _AT.finditer(text)][:MAX_MENTIONS]
    folded = {spelling for spellings in candidates for spelling in spellings}
    if not folded:
        return {}
    members = members_called(organization, folded)
    mentions: dict[User, str] = {}
    for spellings in candidates:
        for spelling in sorted(spellings, key=len, reverse=True):
            if people := members.get(spelling):
                mentions.setdefault(choose_person(people, spellings[spelling]), spellings[spelling])
                break
    return mentions


def read_spellings(text: str) -> Spellings:
    """Return what may be a name at the beginning of `text`: an address, and its first words."""
    if address := _ADDRESS.match(text):
        return {fold_text(address[0]): address[0]}
    spellings: Spellings = {}
    position = 0
    for _number in range(MAX_WORDS):
        word = _WORD.match(text, position)
        if word is None:
            break
        written = text[: word.end()]
        spellings[fold_text(written)] = written
        position = word.end() + 1
        if text[word.end() : position] != " ":
            break
    return spellings


def members_called(organization: Organization, spellings: set[str]) -> dict[str, list[User]]:
    """Return the members by address, name and first name, as far as `spellings` has these."""
    first_names = Q()
    for spelling in spellings:
        if " " not in spelling:
            first_names |= Q(folded__startswith=f"{spelling} ")
    members = members_of(organization).annotate(folded=FoldedLines("name"))
    called = defaultdict(list)
    for member in members.filter(
        Q(email__in=spellings) | Q(folded__in=spellings) | first_names
    ).order_by("email"):
        first_name = member.folded.partition(" ")[0]
        for spelling in {member.email, member.folded, first_name} & spellings:
            called[spelling].append(member)
    return prefer_whole_names(called)


def prefer_whole_names(called: dict[str, list[Any]]) -> dict[str, list[User]]:
    """Leave out first names where someone's whole name is the same word."""
    return {
        spelling: [m for m in members if spelling in (m.folded, m.email)] or members
        for spelling, members in called.items()
    }


def choose_person(people: list[User], written: str) -> User:
    if len(people) > 1:
        addresses = ", ".join(f"@{person.email}" for person in people[:MAX_CHOICES])
        raise AmbiguousName(
            _("@%(name)s can be any of %(count)s members. Write the address: %(addresses)s.")
            % {"name": written, "count": len(people), "addresses": addresses}
        )
    return people[0]


def members_of(organization: Organization) -> QuerySet[User]:
    """Return the people who can be mentioned: members who can log in, and no programs."""
    return User.objects.filter(
        memberships__organization=organization, is_active=True, is_service=False
    )


def suggest_members(organization: Organization, beginning: str) -> list[dict[str, str]]:
    """Return the first members with a word or an address that begins so, for a person who writes.

    `insert` is what to write after the @: the name, or the address where the name is not enough.
    """
    start = fold_text(beginning.strip())
    members = members_of(organization).annotate(folded=FoldedLines("name"))
    matching = members.filter(
        Q(folded__startswith=start) | Q(folded__contains=f" {start}") | Q(email__startswith=start)
    )
    ordered = matching.order_by("folded", "email").values_list("name", "email", "folded")
    rows = list(ordered[:MAX_CHOICES])
    names = members.filter(folded__in={folded for *_, folded in rows}).values_list("folded")
    count = Counter(folded for (folded,) in names)
    return [
        {
            "name": name or email,
            "address": email,
            "insert": name if count[folded] == 1 and folded in read_spellings(name) else email,
        }
        for name, email, folded in rows
    ]
