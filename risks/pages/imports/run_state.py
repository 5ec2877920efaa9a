"""State of an import of a file, in words."""

from django.utils.translation import gettext as _

from risks.models import ImportRun, ImportTask, RunStatus

WORKING = (ImportTask.READING, ImportTask.APPLYING, ImportTask.UNDOING)


def state_of(run: ImportRun) -> tuple[str, str]:
    """Return the word for the state, and its tone."""
    if run.task:
        words = (_("Reading"), _("Importing"), _("Undoing"))
        return dict(zip(WORKING, words, strict=True))[ImportTask(run.task)], "info"
    if run.status == RunStatus.APPLIED:
        return _("Imported"), "success"
    if run.status == RunStatus.UNDONE:
        return _("Undone"), ""
    if run.problem:
        return _("Needs your help"), "warning"
    if run.question:
        return _("Question"), "warning"
    return _("Preview"), "info"


def is_unread(run: ImportRun) -> bool:
    """Return whether there is no preview yet: the file was not understood, or not read so far."""
    return run.status == RunStatus.PREVIEWED and not any(
        count for actions in run.counts.values() for count in actions.values()
    )
