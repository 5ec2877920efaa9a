"""Sources of registers: how their files are read, learned from the run that was applied last."""

from collections.abc import Iterable, Mapping
from typing import Any

from openrisk.accounts.models import User
from risks.custom_fields.services import fields_of
from risks.fields import IMPORT_FIELDS, LEAVE_OUT, is_own_export
from risks.history import recorded
from risks.import_runs.importers.inventory import is_inventory
from risks.models import ImportRun, ImportSource, RunStatus, Source
from risks.services import rows

EXTRA = "extra"  # a column that is kept as it is
# What holds for one file and not for the next.
_OF_ONE_FILE = ("source_name", "as_new", "header_row")


def learned_options(run: ImportRun, before: dict[str, Any]) -> dict[str, Any]:
    """The options to read the next file of the source with, as this one was read.

    What the person did not choose for this file stays as it was `before`; the columns are those of
    this file.
    """
    chosen = {
        name: value
        for name, value in run.options.items()
        if name not in _OF_ONE_FILE and (value or (name == "month_first" and value is not None))
    }
    columns = {
        column["column"]: column["field"] or (LEAVE_OUT if column["how"] == "ignored" else EXTRA)
        for column in run.mapping
    }
    meanings = before.get("meanings", {}) | chosen.get("meanings", {})
    recognized = {"month_first": True} if any(c.get("month_first") for c in run.mapping) else {}
    return {
        **before,
        **recognized,
        **chosen,
        "mapping": columns,
        "scales": {c["column"]: c["scale"] for c in run.mapping if c.get("scale")},
        "words": {c["column"]: c["words"] for c in run.mapping if c.get("words")},
        "meanings": {
            header: {**before.get("meanings", {}).get(header, {}), **texts}
            for header, texts in meanings.items()
            if header in columns
        },
    }


def remember_source(run: ImportRun) -> None:
    """Keep how the file of an applied run was read. An export of ours needs no memory."""
    if is_inventory(run):  # read by the names of its columns alone
        return
    if run.source != Source.IMPORT or is_own_export(column["column"] for column in run.mapping):
        return
    source = source_of(run) or ImportSource(organization=run.organization, name=run.source_name)
    options = learned_options(run, source.options)
    if options == source.options:
        return
    if not source._state.adding:
        source.version += 1
    source.options, source.run = options, run
    source.save()


def forget_run(run: ImportRun) -> None:
    """Read the source as before the run, which is undone; not if someone has edited how since."""
    source = source_of(run)
    if source is None or source.run_id != run.pk:
        return
    applied = ImportRun.objects.for_organization(run.organization).filter(
        source=run.source, source_name=run.source_name, status=RunStatus.APPLIED
    )
    earlier = applied.exclude(pk=run.pk).order_by("-applied_at").first()
    if earlier is None:
        source.delete()
        return
    source.options, source.run = learned_options(earlier, {}), earlier
    source.version += 1
    source.save()


def source_of(run: ImportRun) -> ImportSource | None:
    sources = ImportSource.objects.for_organization(run.organization)
    return sources.select_for_update().filter(name=run.source_name).first()


def edit_source(
    *, actor: User | None, instance: ImportSource, version: int | None = None, **fields: Any
) -> ImportSource:
    """Change how the files of a source are read; no undo of an import takes that back."""
    with recorded(actor=actor):
        source = rows.lock_for_update(instance, version)
        options = {**source.options, **fields.pop("options", {})}
        own = [field.name for field in fields_of(source.organization).values()]
        check_fields(options.get("mapping", {}), own)
        check_scales(options.get("scales", {}))
        rows.save_fields(source, {"options": options, "run": None, **fields})
    return source


def check_scales(scales: Mapping[str, str]) -> None:
    """Refuse a scale that begins where it ends: its numbers say nothing."""
    for column, scale in scales.items():
        low, _, high = scale.partition(" to ")
        if int(low) == int(high):
            message = f"The scale of '{column}' begins where it ends. Write it like 1 to 10."
            raise rows.field_error("options", message)


def check_fields(mapping: Mapping[str, str], own: Iterable[str] = ()) -> None:
    """Refuse a column that is read into a field that does not exist, or that another one gives."""
    columns: dict[str, str] = {}
    for column, field in mapping.items():
        known_fields = (*IMPORT_FIELDS, *own, EXTRA, LEAVE_OUT)
        if field not in known_fields:
            known = ", ".join(known_fields)
            raise rows.field_error(
                "options", f"'{field}' is not a field of a risk. Fields: {known}."
            )
        if field not in {EXTRA, LEAVE_OUT} and field in columns:
            raise rows.field_error(
                "options",
                f"'{columns[field]}' and '{column}' both give {field}. Keep one in extra.",
            )
        columns[field] = column
