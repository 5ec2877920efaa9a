"""Frameworks and their controls."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField, LongTextField
from openrisk.text.identifiers import IdentifierField, natural_key, section_of
from openrisk.text.names import NameKeyField
from risks.models.base import Versioned, choices_constraint
from risks.querysets import ControlQuerySet, FrameworkQuerySet


class Framework(Versioned):
    """A catalogue of controls, e.g. a standard in one of its versions."""

    name = LineField(max_length=150)
    edition = LineField(max_length=50, blank=True)
    name_key = NameKeyField("name", "edition")
    description = LongTextField(blank=True)

    objects: ClassVar[Any] = FrameworkQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name_key"),
                name="framework_name_unique",
                violation_error_message="This framework exists already in this edition.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.edition}".strip()


class ControlStatus(models.TextChoices):
    NOT_IMPLEMENTED = "not_implemented", _("Not implemented")
    IN_PROGRESS = "in_progress", _("In progress")
    IMPLEMENTED = "implemented", _("Implemented")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class Control(Versioned):
    """One requirement of a framework and how far it is implemented.

    `section` and `sort_key` follow from the identifier: the part of the framework that it is in,
    and its place among the others.
    """

    framework = models.ForeignKey(Framework, models.CASCADE, related_name="controls")
    identifier = LineField(max_length=100)
    section = IdentifierField(section_of)
    sort_key = IdentifierField(natural_key)
    title = LineField(max_length=500)
    text = LongTextField(blank=True)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children"
    )
    status = models.CharField(
        max_length=15, choices=ControlStatus.choices, default=ControlStatus.NOT_IMPLEMENTED
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # Meta.indexes begin with it
    )

    objects: ClassVar[Any] = ControlQuerySet.as_manager()

    class Meta:
        ordering = ("framework", "identifier", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("framework", "identifier"),
                name="control_unique",
                violation_error_message="This framework has a control of this identifier already.",
            ),
            models.CheckConstraint(condition=~Q(identifier=""), name="control_identifier_present"),
            choices_constraint("status", ControlStatus, "control_status_known"),
        )
        indexes = (
            models.Index(fields=("organization", "identifier", "id"), name="control_by_identifier"),
            models.Index(fields=("organization", "title", "id"), name="control_by_title"),
            models.Index(fields=("organization", "status", "id"), name="control_by_status"),
            models.Index(fields=("organization", "updated_at", "id"), name="control_by_updated_at"),
            # The list, in the order of each framework; and its sections, counted by status.
            models.Index(
                fields=("organization", "framework", "sort_key", "id"), name="control_by_place"
            ),
            models.Index(fields=("framework", "section", "status"), name="control_by_section"),
            models.Index(fields=("owner", "organization"), name="control_owner"),
        )

    def __str__(self) -> str:
        return f"{self.identifier} {self.title}"
