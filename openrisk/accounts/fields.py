"""E-mail addresses as logins."""

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _


def fold_address(text: str) -> str:
    """The one spelling of an e-mail address: what is stored, looked up and counted."""
    return unicodedata.normalize("NFKC", text.strip()).casefold()


def validate_ascii(address: str) -> None:
    """Refuse letters that look like others: a dotless i would make another person."""
    if not address.isascii():
        raise ValidationError(
            _(
                "Write the address without accents and special letters; a domain with such letters "
                "in the form that begins with xn--."
            )
        )


class AddressField(models.EmailField):
    """An e-mail address in its one spelling, written in ASCII."""

    default_validators = [validate_ascii, *models.EmailField.default_validators]

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        # What is not ASCII stays as it is: validation refuses it, and no look-up finds it.
        return fold_address(value) if isinstance(value, str) and value.isascii() else value
