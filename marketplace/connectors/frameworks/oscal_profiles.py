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
from marketplace.connectors.parsing import as_dict, as_list, to_text

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
        name for found in profiles.values() for _, name in _imports(as_dict(found["profile"]))
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
        return as_dict(document["catalog"])
    if depth > DEEPEST:
        raise UnreadableReport("The profiles import each other without end. Take resolved ones.")
    profile = as_dict(document["profile"])
    merged: dict[str, Any] = {"metadata": profile.get("metadata"), "controls": [], "params": []}
    for wanted, name in _imports(profile):
        if name not in by_name:
            raise UnreadableReport(
                f"The profile imports {name[:100]}, which is not there. "
                "Pack both into a ZIP file and upload that."
            )
        source = _resolve(by_name[name], by_name, depth + 1)
        merged["controls"] += _selected(source, wanted)
        merged["params"] += as_list(source.get("params"))
    _modify(merged, as_dict(profile.get("modify")))
    return merged


def _imports(profile: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each import, and the name of the file that it means."""
    resources = {
        to_text(as_dict(part).get("uuid")): as_dict(part)
        for part in as_list(as_dict(profile.get("back-matter")).get("resources"))
    }
    for wanted in map(as_dict, as_list(profile.get("imports"))):
        href = to_text(wanted.get("href"))
        if href.startswith("#"):
            links = as_list(resources.get(href[1:], {}).get("rlinks"))
            places = [to_text(as_dict(link).get("href")) for link in links]
            href = next((place for place in places if place.endswith(".json")), href)
        yield wanted, PurePosixPath(href).name


# --- Selecting ------------------------------------------------------------------------------------
def _selected(source: dict[str, Any], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """The selected controls; an enhancement stays below its control where that is selected too."""
    includes = [as_dict(part) for part in as_list(wanted.get("include-controls"))]
    excludes = [as_dict(part) for part in as_list(wanted.get("exclude-controls"))]
    everything = "include-all" in wanted or not includes
    return [
        kept
        for control in _top(source)
        for kept in _kept(control, None if everything else includes, excludes, inherited=False)
    ]


def _top(holder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for group in as_list(holder.get("groups")):
        yield from _top(as_dict(group))
    yield from map(as_dict, as_list(holder.get("controls")))


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
        for child in map(as_dict, as_list(control.get("controls")))
        for kept in _kept(child, includes, excludes, inherited=with_children)
    ]
    if taken:
        yield {**copy.deepcopy({k: v for k, v in control.items() if k != "controls"})} | {
            "controls": below
        }
    else:
        yield from below


def _names(selection: dict[str, Any], control: dict[str, Any]) -> bool:
    name = to_text(control.get("id"))
    patterns = [to_text(as_dict(p).get("pattern")) for p in as_list(selection.get("matching"))]
    listed = [to_text(one) for one in as_list(selection.get("with-ids"))]
    return name in listed or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


# --- Changing -------------------------------------------------------------------------------------
def _modify(catalog: dict[str, Any], modify: dict[str, Any]) -> None:
    controls = {to_text(c.get("id")): c for top in catalog["controls"] for c in _with_children(top)}
    holders = [catalog, *controls.values()]
    for setting in map(as_dict, as_list(modify.get("set-parameters"))):
        name = to_text(setting.get("param-id"))
        for parameter in (p for holder in holders for p in as_list(holder.get("params"))):
            if as_dict(parameter).get("id") == name:
                parameter.update({k: v for k, v in setting.items() if k != "param-id"})
    for alter in map(as_dict, as_list(modify.get("alters"))):
        if control := controls.get(to_text(alter.get("control-id"))):
            for removal in map(as_dict, as_list(alter.get("removes"))):
                _remove(control, removal)
            for addition in map(as_dict, as_list(alter.get("adds"))):
                _add(control, addition)


def _with_children(control: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield control
    for child in as_list(control.get("controls")):
        yield from _with_children(child)


def _remove(control: dict[str, Any], removal: dict[str, Any]) -> None:
    if unknown := removal.keys() - {"by-id", "by-name"}:
        raise _unsupported(f"remove {min(unknown)}")
    for name in ("props", "parts", "params"):
        if name in control:
            control[name] = [
                part
                for part in as_list(control[name])
                if not (
                    as_dict(part).get("id", "") == removal.get("by-id")
                    or as_dict(part).get("name", "") == removal.get("by-name")
                )
            ]


def _add(control: dict[str, Any], addition: dict[str, Any]) -> None:
    by_id = addition.get("by-id")
    if by_id and by_id != control.get("id"):
        raise _unsupported("add by-id")
    first = addition.get("position") == "starting"
    for name in ("props", "parts", "params"):
        added = as_list(addition.get(name))
        present = as_list(control.get(name))
        if added:
            control[name] = [*added, *present] if first else [*present, *added]


def _unsupported(what: str) -> UnreadableReport:
    return UnreadableReport(
        f"The profile changes controls with '{what}', which is not supported. Import the resolved "
        "catalogue that its publisher offers."
    )
