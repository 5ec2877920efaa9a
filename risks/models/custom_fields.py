"""The fields that an organization adds to its risks; `Risk.custom_fields` has their values."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField
from openrisk.text.names import NameKeyField
from risks.fields import CUSTOM_PREFIX
from risks.models.base import Versioned, choices_constraint

LONGEST_KEY = 50
PREFIX = CUSTOM_PREFIX
KEY = r"\A[a-z][a-z0-9]*(_[a-z0-9]+)*\Z"


class CustomFieldKind(models.TextChoices):
    TEXT = "text", _("Text")
    LONG_TEXT = "long_text", _("Long text")
    NUMBER = "number", _("Number")
    MONEY = "money", _("Money")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choice")
    CHOICES = "choices", _("Several choices")
    PERSON = "person", _("Person")
    LINK = "link", _("Link")
    FLAG = "flag", _("Yes or no")


class CustomField(Versioned):
    """The definition of one field. `key` names its values in the JSON of a risk and never changes.

    `options` are the texts to choose from, `unit` what a number counts or the currency of money.
    A retired field keeps its values, which can be read and no longer be set.
    """

    key = models.CharField(
        max_length=LONGEST_KEY,
        validators=(
            RegexValidator(
                KEY,
                _("Use small letters, digits and single underscores, and begin with a letter."),
            ),
        ),
    )
    label = LineField(_("label"), max_length=80)
    name_key = NameKeyField("label")
    kind = models.CharField(_("type"), max_length=10, choices=CustomFieldKind.choices)
    help = LineField(_("help"), max_length=255, blank=True)
    required = models.BooleanField(_("required"), default=False)
    default = models.JSONField(_("default"), null=True, blank=True)
    options = models.JSONField(_("options"), default=list, blank=True)
    unit = LineField(_("unit"), max_length=20, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "key"),
                name="custom_field_key_unique",
                violation_error_message=_("A field with this key exists already."),
            ),
            models.UniqueConstraint(
                fields=("organization", "name_key"),
                name="custom_field_label_unique",
                violation_error_message=_("A field with this label exists already."),
            ),
            choices_constraint("kind", CustomFieldKind, "custom_field_kind_known"),
        )
        indexes = (
            models.Index(F("organization"), F("position"), F("id"), name="custom_field_order"),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    @property
    def name(self) -> str:
        """Return the name of the field in addresses, forms, columns and imports."""
        return f"{PREFIX}{self.key}"
