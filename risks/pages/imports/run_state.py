"""State of an import of a file, in words."""

from django.utils.translation import gettext as _

from risks.models import ImportRun, ImportTask, RunStatus


def state_of(run: ImportRun) -> tuple[str, str]:
    """Return the word for the state, and its tone."""
    if run.task:
        return str(ImportTask(run.task).label), "info"
    if run.status == RunStatus.APPLIED:
        return _("Imported"), "success"
    if run.status == RunStatus.UNDONE:
        return _("Undone"), ""
    if run.problem:
        return _("Needs your help"), "warning"
    if run.question:
        return _("Question"), "warning"
    return _("Preview"), "info"


def describe_task(run: ImportRun) -> str:
    """Return what a worker does with the run, or ""."""
    sentences = {
        ImportTask.READING: _("The file is being read. Large files take up to a few minutes."),
        ImportTask.APPLYING: _(
            "The risks are being imported: all of them, or none if something fails."
        ),
        ImportTask.UNDOING: _(
            "The import is being undone: all of it, or nothing if something fails."
        ),
    }
    return sentences[ImportTask(run.task)] if run.task else ""


def is_unread(run: ImportRun) -> bool:
    """Return whether there is no preview yet: the file was not understood, or not read so far."""
    return run.status == RunStatus.PREVIEWED and not any(
        count for actions in run.counts.values() for count in actions.values()
    )
