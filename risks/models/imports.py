"""Import runs, their rows, and the source of each field.

Connectors and content packs leave the same rows: a run is one reading of one source.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField
from risks.models.base import OrganizationOwned, Versioned, choices_constraint
from risks.models.risk import Source


class RunStatus(models.TextChoices):
    PREVIEWED = "previewed", _("Previewed")
    APPLIED = "applied", _("Applied")
    UNDONE = "undone", _("Undone")


class ImportTask(models.TextChoices):
    """Work on a run that a worker does."""

    READING = "reading", _("Reading")
    APPLYING = "applying", _("Importing")
    UNDOING = "undoing", _("Undoing")


class RowAction(models.TextChoices):
    CREATE = "create", _("Create")
    UPDATE = "update", _("Update")
    UNCHANGED = "unchanged", _("Unchanged")
    ERROR = "error", _("Error")


def _person() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )


class ImportRun(OrganizationOwned):
    """One file: previewed, then applied, then perhaps undone.

    `options` are what the caller said about the file (`risks.registers.options`). `mapping`,
    `guesses` and `notes` say how the file was read (`risks.registers.results`), `counts`
    how many objects of each model are created, updated, left alone and in error. `question` has to
    be answered before the run is applied (`risks.registers.continuation`). `looked_at` is
    when a scanner took its report. A `streamed` run is planned and carried out in pieces,
    so that its size does not matter: its records do not depend on those that come later.

    `contents` is what a person chooses from: sheets, first rows, samples of each column
    (`risks.registers.contents`). `problem` is why there is no preview yet, or why the last task
    ended without a result. `task` is what a worker does with the run. `revision` counts previews,
    `row_counts` rows: guessed, held_back, edited, and decided, those that only managers may write.
    """

    source = models.CharField(max_length=10, choices=Source.choices, default=Source.IMPORT)
    source_name = LineField(max_length=150)
    file_name = models.CharField(max_length=255)
    file_size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.PREVIEWED)
    options = models.JSONField(default=dict)
    mapping = models.JSONField(default=list)
    guesses = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    question = models.JSONField(null=True)
    contents = models.JSONField(default=dict)
    row_counts = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0)
    task = models.CharField(max_length=10, choices=ImportTask.choices, blank=True)
    task_started_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    streamed = models.BooleanField(default=False)
    actor = _person()
    created_at = models.DateTimeField(auto_now_add=True)
    applied_by = _person()
    applied_at = models.DateTimeField(null=True)
    undone_by = _person()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            choices_constraint("source", Source, "import_run_source_known"),
            choices_constraint("status", RunStatus, "import_run_status_known"),
            choices_constraint("task", ImportTask, "import_run_task_known", blank=True),
        )
        indexes = (
            models.Index(fields=("organization", "created_at", "id"), name="import_run_by_created"),
        )

    def __str__(self) -> str:
        return f"{self.source_name} ({self.get_status_display().lower()})"


class ImportFile(OrganizationOwned):
    """The upload of a run, compressed: to read it otherwise, and to show it with marks.

    In a table of its own, so that lists of runs do not load it; deleted before its run is.
    """

    run = models.OneToOneField(ImportRun, models.CASCADE, related_name="file")
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=("created_at",), name="import_file_age"),)

    def __str__(self) -> str:
        return f"File of {self.run_id}"


class ImportSource(Versioned):
    """A source of registers, and how its files are read, as people confirmed by importing one.

    `options` are all of `risks.registers.options.ReadingOptions`, with the field of each column;
    the next file of the source is read by them. `run` is the one that they come from; None once
    someone has edited them.
    """

    name = models.CharField(max_length=150)
    options = models.JSONField(default=dict, blank=True)
    run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, related_name="+", editable=False)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "name"), name="import_source_unique"),
        )

    def __str__(self) -> str:
        return self.name


class ImportRow(OrganizationOwned):
    """The change of one object by a run. A new object has its id already, one with errors none.

    `values` are those of the source, `changes` what they alter: field -> [before, after].
    `edited` names the changed fields that someone has edited since the last run of the source.
    `superseded` has the earlier values of the source for fields that it now gives otherwise.
    `guessed` has, by field, the text of the source where its value is a guess. A row is held back
    if it has notes: its status stops before the one that the source names.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    row_number = models.PositiveIntegerField()
    model = models.CharField(max_length=40)
    identity_kind = models.CharField(max_length=20, blank=True)
    identity = models.TextField()
    object_id = models.UUIDField(null=True)
    action = models.CharField(max_length=10, choices=RowAction.choices)
    values = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    edited = models.JSONField(default=list)
    superseded = models.JSONField(default=dict)
    errors = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    guessed = models.JSONField(default=dict)
    is_guessed = models.BooleanField(default=False)
    is_held_back = models.BooleanField(default=False)

    class Meta:
        ordering = ("row_number", "id")
        constraints = (choices_constraint("action", RowAction, "import_row_action_known"),)
        indexes = (
            models.Index(fields=("run", "row_number", "id"), name="import_row_order"),
            models.Index(fields=("run", "action", "row_number", "id"), name="import_row_by_action"),
            models.Index(
                fields=("run", "row_number", "id"),
                condition=models.Q(is_guessed=True),
                name="import_row_guessed",
            ),
            models.Index(
                fields=("run", "row_number", "id"),
                condition=models.Q(is_held_back=True),
                name="import_row_held_back",
            ),
            models.Index(  # the scans that saw a finding
                fields=("object_id",), condition=Q(model="risks.finding"), name="import_row_finding"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.model} in row {self.row_number}"


class Provenance(OrganizationOwned):
    """The last values of one source for one object: `fields` is field -> {run, value}."""

    source = models.CharField(max_length=10, choices=Source.choices)
    source_name = LineField(max_length=150)
    model = models.CharField(max_length=40)
    identity = models.TextField()
    object_id = models.UUIDField()
    fields = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "provenance"
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "source", "source_name", "model", "object_id"),
                name="provenance_unique",
            ),
            choices_constraint("source", Source, "provenance_source_known"),
        )
        indexes = (models.Index(fields=("object_id",), name="provenance_object"),)

    def __str__(self) -> str:
        return f"{self.source_name} on {self.model} {self.object_id}"
