"""Continuation: the source that a file belongs to, and the question whether it is a known one.

Ids are unique within a source only, so a file that is taken for a new source creates each of its
risks, even where another source gave the same ones. Only the person can know; so they are
asked, once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import PurePath
from typing import Any

from openrisk.accounts.models import Organization
from risks.import_runs.changes import SourceRecord
from risks.models import ImportRun, Risk, RunStatus, Source
from risks.registers.file_names import name_family
from risks.registers.options import ReadingOptions
from risks.registers.reading.text import title_key
from risks.text import count_text

MAX_SOURCE_NAME = 150
MANY_IDS = 3  # so many that stand for other risks are not chance
SOME_TITLES = 5  # one title in so many makes equal ids more than chance
CONTINUES, OTHER = "continues_source", "other_register"  # kinds of questions


def choose_source(
    organization: Organization, file_name: str, options: ReadingOptions
) -> tuple[str, str]:
    """The source of a file, and a note if it is not the one that its name says."""
    own_name = PurePath(file_name).stem[:MAX_SOURCE_NAME]
    if options.source_name or options.as_new or own_name in known_sources(organization):
        return (options.source_name or own_name)[:MAX_SOURCE_NAME], ""
    if source_name := find_confirmed_source(organization, own_name):
        note = (
            f"{file_name} was taken for the next file of the source {source_name}, as another file "
            "of such a name was before. If it is a source of its own, read it as a new one."
        )
        return source_name, note
    return own_name, ""


def known_sources(organization: Organization) -> set[str]:
    """The names of the sources that registers have brought risks from."""
    risks = Risk.objects.for_organization(organization).filter(source=Source.IMPORT)
    return set(risks.order_by().values_list("source_name", flat=True).distinct())


def find_confirmed_source(organization: Organization, own_name: str) -> str:
    """The source whose last file had another name of the same family, or ""."""
    runs = ImportRun.objects.for_organization(organization).filter(
        source=Source.IMPORT, status=RunStatus.APPLIED
    )
    family = name_family(own_name)
    names = runs.order_by("-applied_at").values_list("source_name", "file_name")
    for source_name, file_name in names:
        stem = PurePath(file_name).stem
        if stem != source_name and name_family(stem) == name_family(source_name) == family:
            return source_name
    return ""


# --- The question


@dataclass(slots=True)
class SourceMatch:
    """The risks of a file that another source has too, counted by their ids and their titles."""

    source_name: str
    ids: int = 0
    titles: int = 0
    is_alike: bool = False  # the names of source and file differ by a date or a version only

    def is_continued(self, risks: int) -> bool:
        """Whether the file most likely is the next one of this source."""
        if 2 * self.titles >= risks:
            return True
        is_no_coincidence = self.is_alike or SOME_TITLES * self.titles >= risks
        return 2 * self.ids >= risks and is_no_coincidence

    def is_namesake(self, risks: int) -> bool:
        """Whether the file only has the name and the ids of this source, and other risks."""
        return self.titles == 0 and self.ids >= MANY_IDS and 2 * self.ids >= risks


def ask_about_source(
    run: ImportRun, records: Iterable[SourceRecord], options: ReadingOptions
) -> dict[str, Any] | None:
    """The question which source the file is, if its name and its risks differ; else None."""
    if options.source_name or options.as_new:
        return None
    risks = [r for r in records if r.model == Risk._meta.label_lower and not r.errors]
    matches = match_sources(run, risks)
    own = matches.pop(run.source_name, None)
    if not risks or (own and not own.is_namesake(len(risks))):
        return None
    best = max(
        matches.values(),
        key=lambda match: (match.titles + match.ids, match.is_alike, match.source_name),
        default=None,
    )
    if own:
        known = best.source_name if best and best.is_continued(len(risks)) else ""
        return ask_about_namesake(run, own, known or free_name(run.source_name, matches))
    if best and best.is_continued(len(risks)):
        return build_question(run, best, describe_match(best, len(risks)))
    alike = [match.source_name for match in matches.values() if match.is_alike]
    if alike:
        detail = "None of its risks stands there, but the names differ by a date or a version only."
        return build_question(run, matches[max(alike)], detail)
    if best and 2 * best.ids >= len(risks):
        run.notes.append(
            f"{best.ids} of {count_text(len(risks), 'id')} stand in the source {best.source_name} "
            "too, with other titles: these are taken for other risks."
        )
    return None


def match_sources(run: ImportRun, records: Sequence[SourceRecord]) -> dict[str, SourceMatch]:
    """The sources of registers by name, each with what it shares with these records."""
    ids = {record.identity for record in records if record.identity_kind != "title"}
    titles = {title_key(record.values.get("title") or "") for record in records}
    family = name_family(run.source_name)
    matches: dict[str, SourceMatch] = {}
    risks = Risk.objects.for_organization(run.organization).filter(source=Source.IMPORT)
    for name, external_id, title in risks.values_list("source_name", "external_id", "title"):
        if name not in matches:
            matches[name] = SourceMatch(name, is_alike=name_family(name) == family)
        matches[name].ids += external_id in ids
        matches[name].titles += title_key(title) in titles
    return matches


def describe_match(match: SourceMatch, risks: int) -> str:
    parts = [
        f"{number} of {count_text(risks, noun)}"
        for number, noun in ((match.ids, "id"), (match.titles, "title"))
        if number
    ]
    return f"{' and '.join(parts)} stand there already."


def ask_about_namesake(run: ImportRun, own: SourceMatch, other: str) -> dict[str, Any]:
    """The question about a file that is called like a source and holds other risks."""
    return {
        "kind": OTHER,
        "source_name": other,
        "text": f"{run.file_name} has {count_text(own.ids, 'id')} of the source {own.source_name}, "
        "but none of its titles. Is it another register? If not, the risks of these ids get the "
        "new titles.",
        "answers": [
            {"label": f"It is another register: {other}", "options": {"source_name": other}},
            {
                "label": f"It continues {own.source_name}",
                "options": {"source_name": own.source_name},
            },
        ],
    }


def free_name(name: str, taken: Iterable[str]) -> str:
    """ "register (2)", or the first number after it that no source has."""
    known = set(taken)
    return next(n for i in count(2) if (n := f"{name[: MAX_SOURCE_NAME - 6]} ({i})") not in known)


def build_question(run: ImportRun, match: SourceMatch, detail: str) -> dict[str, Any]:
    """The question as it is stored: each answer has the options to read the file again with."""
    continued = match.source_name
    return {
        "kind": CONTINUES,
        "source_name": continued,
        "text": f"{run.file_name} seems to continue the source {continued}: {detail} Is it the "
        "same register? If so, its risks are updated; as a new source, they are all created.",
        "answers": [
            {"label": f"It continues {continued}", "options": {"source_name": continued}},
            {"label": f"{run.source_name} is a new source", "options": {"as_new": True}},
        ],
    }
