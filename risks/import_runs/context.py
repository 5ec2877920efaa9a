"""Context of an import run, which the importers of all models share while it is planned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any
from uuid import UUID

from openrisk.accounts.models import Organization
from risks.fields import is_own_export
from risks.import_runs.changes import SourceRecord
from risks.import_runs.name_lookup import NameLookup
from risks.models import ImportRun

BATCH = 1000


def in_batches(items: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


@dataclass
class ImportContext:
    """One run, its records, and what the importers have found out about them.

    With `locking`, rows are read to be written, and stay locked until the transaction ends.
    `object_ids` are by model and identity; new objects get the ids that they have there. `matched`
    has, by model and object, the row whose record was the first to match it. `failed` are models
    and identities of which no record can be carried out. A streamed run has some `records` at a
    time; importers keep in `cache` what holds for all of them.
    """

    run: ImportRun
    records: list[SourceRecord] = field(default_factory=list)
    locking: bool = False
    object_ids: dict[tuple[str, str], UUID] = field(default_factory=dict)
    failed: set[tuple[str, str]] = field(default_factory=set)
    matched: dict[str, dict[UUID, int]] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict)

    @property
    def organization(self) -> Organization:
        return self.run.organization

    @cached_property
    def names(self) -> NameLookup:
        return NameLookup(self.organization)

    @cached_property
    def is_own_export(self) -> bool:
        return is_own_export(column["column"] for column in self.run.mapping)

    @cached_property
    def header_of(self) -> dict[str, str]:
        """The column of each field."""
        mapped = (column for column in self.run.mapping if column["field"])
        return {column["field"]: column["column"] for column in mapped}
