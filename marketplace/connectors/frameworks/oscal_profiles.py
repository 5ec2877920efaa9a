"""From a profile of OSCAL and the catalogues it imports to one catalogue.

Of the profile resolution of NIST this does what published baselines use: imports with their
selections, values of parameters, and parts and properties that are added or removed. What a profile
asks for beyond that is refused, rather than left out without a word.
"""

import copy
import fnmatch
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from marketplace.archives import BadArchive, is_archive, read_archive
from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.parsing import items_of, object_of, text

MOST_BYTES = 64 * 1024**2
DEEPEST = 5  # profiles that import profiles


@dataclass(frozen=True)
class Documents:
    """The documents by file name, and the one to begin with: a catalogue, or the profile that no
    other one imports."""

    by_name: dict[str, dict[str, Any]]
    first: dict[str, Any]


def documents(file: IO[bytes]) -> Documents:
    """Raises UnreadableReport."""
    if not is_archive(file):
        file.seek(0)
        found = _parsed(file.read(MOST_BYTES + 1), "The file")
        return Documents({}, found)
    try:
        contents = read_archive(file)
    except BadArchive as error:
        raise UnreadableReport(str(error)) from None
    by_name = {
        PurePosixPath(path).name: _parsed(content, path)
        for path, content in contents.items()
        if path.lower().endswith(".json")
    }
    profiles = {name: found for name, found in by_name.items() if "profile" in found}
    imported = {
        name for found in profiles.values() for _, name in _imports(object_of(found["profile"]))
    }
    first = [found for name, found in profiles.items() if name not in imported]
    if not profiles and len(by_name) == 1:
        first = list(by_name.values())
    if len(first) != 1:
        raise UnreadableReport(
            f"The archive has {len(first)} profiles to begin with. Pack one, with what it imports."
        )
    return Documents(by_name, first[0])


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    if len(content) > MOST_BYTES:
        raise UnreadableReport(f"{name} is larger than {MOST_BYTES // 1024**2} MB.")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise UnreadableReport(f"{name} is no JSON. Take the publisher's JSON file.") from None
    if not isinstance(found, dict) or not {"catalog", "profile"} & found.keys():
        raise UnreadableReport(f"{name} is neither a catalogue nor a profile of OSCAL.")
    return found


def resolved(found: Documents) -> dict[str, Any]:
    """The catalogue with what the profile selects and changes. Raises UnreadableReport."""
    return _resolve(found.first, found.by_name, 0)


def _resolve(
    document: dict[str, Any], by_name: dict[str, dict[str, Any]], depth: int
) -> dict[str, Any]:
    if "catalog" in document:
        return object_of(document["catalog"])
    if depth > DEEPEST:
        raise UnreadableReport("The profiles import each other without end. Take resolved ones.")
    profile = object_of(document["profile"])
    merged: dict[str, Any] = {"metadata": profile.get("metadata"), "controls": [], "params": []}
    for wanted, name in _imports(profile):
        if name not in by_name:
            raise UnreadableReport(
                f"The profile imports {name[:100]}, which is not there. "
                "Pack both into a ZIP file and upload that."
            )
        source = _resolve(by_name[name], by_name, depth + 1)
        merged["controls"] += _selected(source, wanted)
        merged["params"] += items_of(source.get("params"))
    _modify(merged, object_of(profile.get("modify")))
    return merged


def _imports(profile: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each import, and the name of the file that it means."""
    resources = {
        text(object_of(part).get("uuid")): object_of(part)
        for part in items_of(object_of(profile.get("back-matter")).get("resources"))
    }
    for wanted in map(object_of, items_of(profile.get("imports"))):
        href = text(wanted.get("href"))
        if href.startswith("#"):
            links = items_of(resources.get(href[1:], {}).get("rlinks"))
            places = [text(object_of(link).get("href")) for link in links]
            href = next((place for place in places if place.endswith(".json")), href)
        yield wanted, PurePosixPath(href).name


# --- Selecting ------------------------------------------------------------------------------------
def _selected(source: dict[str, Any], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """The selected controls; an enhancement stays below its control where that is selected too."""
    includes = [object_of(part) for part in items_of(wanted.get("include-controls"))]
    excludes = [object_of(part) for part in items_of(wanted.get("exclude-controls"))]
    everything = "include-all" in wanted or not includes
    return [
        kept
        for control in _top(source)
        for kept in _kept(control, None if everything else includes, excludes, inherited=False)
    ]


def _top(holder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for group in items_of(holder.get("groups")):
        yield from _top(object_of(group))
    yield from map(object_of, items_of(holder.get("controls")))


def _kept(
    control: dict[str, Any],
    includes: list[dict[str, Any]] | None,
    excludes: list[dict[str, Any]],
    *,
    inherited: bool,
) -> Iterator[dict[str, Any]]:
    chosen = [part for part in includes or () if _names(part, control)]
    taken = includes is None or inherited or bool(chosen)
    taken = taken and not any(_names(part, control) for part in excludes)
    with_children = inherited or any(part.get("with-child-controls") == "yes" for part in chosen)
    below = [
        kept
        for child in map(object_of, items_of(control.get("controls")))
        for kept in _kept(child, includes, excludes, inherited=with_children)
    ]
    if taken:
        yield {**copy.deepcopy({k: v for k, v in control.items() if k != "controls"})} | {
            "controls": below
        }
    else:
        yield from below


def _names(selection: dict[str, Any], control: dict[str, Any]) -> bool:
    name = text(control.get("id"))
    patterns = [text(object_of(p).get("pattern")) for p in items_of(selection.get("matching"))]
    listed = [text(one) for one in items_of(selection.get("with-ids"))]
    return name in listed or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


# --- Changing -------------------------------------------------------------------------------------
def _modify(catalog: dict[str, Any], modify: dict[str, Any]) -> None:
    controls = {text(c.get("id")): c for top in catalog["controls"] for c in _with_children(top)}
    holders = [catalog, *controls.values()]
    for setting in map(object_of, items_of(modify.get("set-parameters"))):
        name = text(setting.get("param-id"))
        for parameter in (p for holder in holders for p in items_of(holder.get("params"))):
            if object_of(parameter).get("id") == name:
                parameter.update({k: v for k, v in setting.items() if k != "param-id"})
    for alter in map(object_of, items_of(modify.get("alters"))):
        if control := controls.get(text(alter.get("control-id"))):
            for removal in map(object_of, items_of(alter.get("removes"))):
                _remove(control, removal)
            for addition in map(object_of, items_of(alter.get("adds"))):
                _add(control, addition)


def _with_children(control: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield control
    for child in items_of(control.get("controls")):
        yield from _with_children(child)


def _remove(control: dict[str, Any], removal: dict[str, Any]) -> None:
    if unknown := removal.keys() - {"by-id", "by-name"}:
        raise _unsupported(f"remove {min(unknown)}")
    for name in ("props", "parts", "params"):
        if name in control:
            control[name] = [
                part
                for part in items_of(control[name])
                if not (
                    object_of(part).get("id", "") == removal.get("by-id")
                    or object_of(part).get("name", "") == removal.get("by-name")
                )
            ]


def _add(control: dict[str, Any], addition: dict[str, Any]) -> None:
    by_id = addition.get("by-id")
    if by_id and by_id != control.get("id"):
        raise _unsupported("add by-id")
    first = addition.get("position") == "starting"
    for name in ("props", "parts", "params"):
        added = items_of(addition.get(name))
        present = items_of(control.get(name))
        if added:
            control[name] = [*added, *present] if first else [*present, *added]


def _unsupported(what: str) -> UnreadableReport:
    return UnreadableReport(
        f"The profile changes controls with '{what}', which is not supported. Import the resolved "
        "catalogue that its publisher offers."
    )
