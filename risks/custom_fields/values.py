"""Values of custom fields by kind: checked as JSON, read from text, and written as text.

    text, long_text, link    a text that is not empty
    number, money            a number with at most 15 digits, 4 of them after the point
    date                     a day as ISO 8601
    choice                   one of the options
    choices                  a list of options, in their order
    person                   the id of a user, as text
    flag                     true or false

A field without a value is absent from the JSON of the risk, so nothing there is null or empty.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from openrisk.limits import LONG_TEXT
from openrisk.text.names import name_key
from risks.models import CustomField, CustomFieldKind
from risks.text import clean_text

LONGEST_LINE = 255
LONGEST_LINK = 1000
DIGITS, DECIMAL_PLACES = 15, 4
TEXTS = (CustomFieldKind.TEXT, CustomFieldKind.LONG_TEXT, CustomFieldKind.LINK)
NUMBERS = (CustomFieldKind.NUMBER, CustomFieldKind.MONEY)
CHOSEN = (CustomFieldKind.CHOICE, CustomFieldKind.CHOICES)
GROUPED = (CustomFieldKind.CHOICE, CustomFieldKind.FLAG, CustomFieldKind.PERSON)
SORTED = (
    *(CustomFieldKind.TEXT, *NUMBERS, CustomFieldKind.DATE, CustomFieldKind.CHOICE),
    *(CustomFieldKind.FLAG, CustomFieldKind.LINK),
)
YES = frozenset({"yes", "y", "true", "1", "ja", "oui", "x", "✓"})
NO = frozenset({"no", "n", "false", "0", "nein", "non", "-"})
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}([,'\u2019 \u00a0\u202f]\d{3})+(\.\d+)?\Z")
_COMMA_GROUPS = re.compile(r"[+-]?\d{1,3}([.'\u2019 \u00a0\u202f]\d{3})+(,\d+)?\Z")
_GROUP_SIGNS = str.maketrans("", "", "'\u2019 \u00a0\u202f")
_LINK = URLValidator(schemes=("http", "https"))
FindPerson = Callable[[str], str | None]


def is_empty(value: Any) -> bool:
    return value is None or value in ("", [])


def is_of_kind(kind: str, value: Any) -> bool:
    """Return whether a stored value is one of this kind, be it an option no longer offered.

    What a risk had before it was deleted, or before a bulk change, may be from another type.
    """
    match kind:
        case CustomFieldKind.NUMBER | CustomFieldKind.MONEY:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case CustomFieldKind.FLAG:
            return isinstance(value, bool)
        case CustomFieldKind.CHOICES:
            return isinstance(value, list)
    try:
        if kind == CustomFieldKind.PERSON:
            clean_person(value)
        elif kind == CustomFieldKind.DATE:
            clean_day(value)
    except (AttributeError, TypeError, ValidationError):
        return False
    return isinstance(value, str)


def plain_number(value: Any) -> int | float:
    """Return the number as JSON has it: 12 rather than 12.0."""
    return int(value) if value == int(value) else float(value)


# --- JSON ----------------------------------------------------------------------------------------
def clean_value(field: CustomField, value: Any) -> Any:
    """Return a JSON value as it is stored, None for none. Raises ValidationError.

    Whether a person is a member is for the caller to ask.
    """
    if is_empty(value):
        return None
    kind = field.kind
    if kind == CustomFieldKind.FLAG:
        if not isinstance(value, bool):
            raise ValidationError(_("Write true or false."))
        return value
    if kind in NUMBERS:
        return clean_number(value)
    if kind == CustomFieldKind.CHOICES:
        if not isinstance(value, list):
            raise ValidationError(_("Write a list of options."))
        chosen = {clean_option(field, each) for each in value}
        return [option for option in field.options if option in chosen]
    if not isinstance(value, str):
        raise ValidationError(_("Write a text."))
    return clean_string(field, clean_text(value))


def clean_string(field: CustomField, text: str) -> str | None:
    match field.kind:
        case CustomFieldKind.CHOICE:
            return clean_option(field, text)
        case CustomFieldKind.DATE:
            return clean_day(text)
        case CustomFieldKind.PERSON:
            return clean_person(text)
    limits = {CustomFieldKind.LONG_TEXT: LONG_TEXT, CustomFieldKind.LINK: LONGEST_LINK}
    limit = limits.get(CustomFieldKind(field.kind), LONGEST_LINE)
    if len(text) > limit:
        raise ValidationError(
            _("The text has %(length)s characters; %(limit)s are allowed. Shorten it.")
            % {"length": f"{len(text):,}", "limit": f"{limit:,}"}
        )
    if field.kind == CustomFieldKind.LINK:
        try:
            _LINK(text)
        except ValidationError:
            raise ValidationError(
                _("Not a valid address: %(text)s. Begin it with https:// or http://.")
                % {"text": text[:80]}
            ) from None
    return text or None


def clean_option(field: CustomField, text: Any) -> str:
    """Return the option that `text` is, in whatever spelling."""
    options = {name_key(option): option for option in field.options}
    if not isinstance(text, str) or (option := options.get(name_key(text))) is None:
        raise ValidationError(
            _("“%(text)s” is not one of the options: %(options)s.")
            % {"text": str(text)[:80], "options": ", ".join(field.options)[:300]}
        )
    return option


def clean_number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValidationError(_("Write a number."))
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValidationError(_("Write a number."))
    places = max(0, -int(number.normalize().as_tuple().exponent))
    whole = len(str(abs(int(number)))) if abs(number) < Decimal(10) ** 30 else 31
    if places > DECIMAL_PLACES or whole + places > DIGITS:
        raise ValidationError(
            _("A number has at most %(digits)s digits, %(places)s of them after the point.")
            % {"digits": DIGITS, "places": DECIMAL_PLACES}
        )
    return plain_number(number)


def clean_day(text: str) -> str:
    try:
        return date.fromisoformat(text[:10] if "T" in text else text).isoformat()
    except ValueError:
        raise ValidationError(_("Write a day like 2027-03-31, not “%s”.") % text[:40]) from None


def clean_person(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValidationError(_("Name the person by id.")) from None


# --- Text ----------------------------------------------------------------------------------------
def parse_text(field: CustomField, text: str, find_person: FindPerson) -> Any:  # noqa: PLR0911  a table of kinds
    """Return the value that a cell of a file means, None for an empty one.

    `find_person` returns the id of a member by name or e-mail address. Raises ValidationError.
    """
    text = clean_text(text)
    if not text:
        return None
    match field.kind:
        case CustomFieldKind.FLAG:
            word = text.casefold()
            if word not in YES | NO:
                raise ValidationError(_("Write yes or no, not “%s”.") % text[:40])
            return word in YES
        case CustomFieldKind.NUMBER | CustomFieldKind.MONEY:
            return clean_number(parse_number(field, text))
        case CustomFieldKind.DATE:
            return parse_day(text)
        case CustomFieldKind.CHOICES:
            return clean_value(field, split_options(field, text))
        case CustomFieldKind.PERSON:
            if (person := find_person(text)) is None:
                raise ValidationError(
                    _("“%s” is not a member. Write the e-mail address of one.") % text[:80]
                )
            return person
    return clean_value(field, text)


def split_options(field: CustomField, text: str) -> list[str]:
    """Return the options of a cell, which are separated by semicolons, lines or commas."""
    if name_key(text) in {name_key(option) for option in field.options}:
        return [text]
    separator = r"[;\n|]" if re.search(r"[;\n|]", text) else ","
    return [part.strip() for part in re.split(separator, text) if part.strip()]


def parse_number(field: CustomField, text: str) -> Decimal:
    """Return the number of a cell: 1,200.50 and 1.200,50 alike, without its unit.

    Of "1,200" and "1.200" the first has groups and the second a decimal point, as files in English
    and our own exports write them.
    """
    number = strip_unit(field, text)
    if _POINT_GROUPS.match(number):
        number = number.translate(_GROUP_SIGNS).replace(",", "")
    elif "," in number and _COMMA_GROUPS.match(number):
        number = number.translate(_GROUP_SIGNS).replace(".", "").replace(",", ".")
    elif number.count(",") == 1 and "." not in number:
        number = number.replace(",", ".")
    try:
        return Decimal(number)
    except InvalidOperation:
        raise ValidationError(_("“%s” is not a number.") % text[:40]) from None


def strip_unit(field: CustomField, text: str) -> str:
    signs = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
    for unit in filter(None, (field.unit, signs.get(field.unit))):
        folded = text.casefold()
        if folded.endswith(unit.casefold()):
            return text[: -len(unit)].strip()
        if folded.startswith(unit.casefold()):
            return text[len(unit) :].strip()
    return text


_DAYS = (
    (re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\Z"), (0, 1, 2)),
    (re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\Z"), (2, 1, 0)),
)


def parse_day(text: str) -> str:
    """Return the day of a cell. Days whose order could be the American one are refused."""
    first = text.split("T", maxsplit=1)[0].split(" 00:00", maxsplit=1)[0]
    for pattern, order in _DAYS:
        if match := pattern.match(first):
            year, month, day = (int(match.groups()[index]) for index in order)
            try:
                return date(year, month, day).isoformat()
            except ValueError:
                break
    return clean_day(first)


def value_text(field: CustomField, value: Any, people: Mapping[str, str]) -> str:
    """Return a value as a file writes it and an import reads it back.

    `people` are names or addresses by id.
    """
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if field.kind == CustomFieldKind.PERSON:
        return people.get(str(value), str(value))
    return str(value)


def value_words(field: CustomField, value: Any, people: Mapping[str, str]) -> str:  # noqa: PLR0911  a table of kinds
    """Return a value as people read it: "12,500 EUR", "31 Mar 2027", "Yes"."""
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if field.kind in NUMBERS and isinstance(value, int | float):
        return f"{number_words(field, value)} {field.unit}".strip()
    if field.kind == CustomFieldKind.DATE:
        return day_words(str(value))
    if field.kind == CustomFieldKind.PERSON and is_of_kind(field.kind, value):
        return people.get(str(value)) or _("A deleted account")
    return str(value)


def number_words(field: CustomField, value: float) -> str:
    if field.kind == CustomFieldKind.MONEY and value != int(value):
        return f"{value:,.2f}"
    return f"{Decimal(str(value)):,}"


def day_words(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%-d %b %Y}"
    except ValueError:
        return text
