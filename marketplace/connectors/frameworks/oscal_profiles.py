"""Resolves a profile of OSCAL and the catalogues it imports into one catalogue.

It implements the part of NIST's profile resolution that published baselines use: imports with
their selections, values of parameters, and parts and properties that are added or removed. A
profile with anything else is refused.
"""

import copy
import fnmatch
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from marketplace.archives import BadArchive, is_archive, read_archive
from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.parsing import as_dict, as_list, to_text

MAX_BYTES = 64 * 1024**2
MAX_DEPTH = 5  # profiles that import profiles


@dataclass(frozen=True)
class Documents:
    """Documents by file name, and the first: a catalogue, or the profile that no other imports."""

    by_name: dict[str, dict[str, Any]]
    first: dict[str, Any]


@dataclass(frozen=True)
class ProfileGap:
    """Something that a profile names and its catalogues lack, so that it is not in the result."""

    name: str
    reason: str


def read_documents(file: IO[bytes]) -> Documents:
    """Read a JSON file, or the JSON files of a ZIP archive. Raises UnreadableReport."""
    if not is_archive(file):
        file.seek(0)
        return Documents({}, parse_document(file.read(MAX_BYTES + 1), "The file"))
    try:
        contents = read_archive(file)
    except BadArchive as error:
        raise UnreadableReport(str(error)) from None
    by_name = {
        PurePosixPath(path).name: parse_document(content, path)
        for path, content in contents.items()
        if path.lower().endswith(".json")
    }
    profiles = {name: document for name, document in by_name.items() if "profile" in document}
    imported = {
        name
        for document in profiles.values()
        for _, name in list_imports(as_dict(document["profile"]))
    }
    first = [document for name, document in profiles.items() if name not in imported]
    if not profiles and len(by_name) == 1:
        first = list(by_name.values())
    if len(first) != 1:
        raise UnreadableReport(
            f"The archive has {len(first)} profiles to begin with. Pack one, with its imports."
        )
    return Documents(by_name, first[0])


def parse_document(content: bytes, name: str) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise UnreadableReport(f"{name} is larger than {MAX_BYTES // 1024**2} MB.")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        message = f"{name} is not valid JSON. Use the JSON file of the publisher."
        raise UnreadableReport(add_format_hint(message, io.BytesIO(content))) from None
    if not isinstance(document, dict) or not {"catalog", "profile"} & document.keys():
        message = f"{name} is neither a catalogue nor a profile of OSCAL."
        raise UnreadableReport(add_format_hint(message, io.BytesIO(content)))
    return document


def resolve_catalog(documents: Documents) -> tuple[dict[str, Any], list[ProfileGap]]:
    """The catalogue with the selections and changes of the profile. Raises UnreadableReport."""
    gaps: list[ProfileGap] = []
    return _resolve_document(documents.first, documents.by_name, gaps, 0), gaps


def _resolve_document(
    document: dict[str, Any],
    by_name: dict[str, dict[str, Any]],
    gaps: list[ProfileGap],
    depth: int,
) -> dict[str, Any]:
    if "catalog" in document:
        return as_dict(document["catalog"])
    if depth > MAX_DEPTH:
        raise UnreadableReport("The profiles import each other in a circle. Resolve them first.")
    profile = as_dict(document["profile"])
    merged: dict[str, Any] = {"metadata": profile.get("metadata"), "controls": [], "params": []}
    for selection, name in list_imports(profile):
        if name not in by_name:
            raise UnreadableReport(
                f"The profile imports {name[:100]}, which is missing. "
                "Pack both into a ZIP file and upload that."
            )
        source = _resolve_document(by_name[name], by_name, gaps, depth + 1)
        gaps += find_missing_controls(source, selection, name)
        merged["controls"] += select_controls(source, selection)
        merged["params"] += as_list(source.get("params"))
    gaps += modify_catalog(merged, as_dict(profile.get("modify")))
    return merged


def list_imports(profile: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each import with the name of its file."""
    resources = {
        to_text(as_dict(part).get("uuid")): as_dict(part)
        for part in as_list(as_dict(profile.get("back-matter")).get("resources"))
    }
    for selection in map(as_dict, as_list(profile.get("imports"))):
        href = to_text(selection.get("href"))
        if href.startswith("#"):
            links = as_list(resources.get(href[1:], {}).get("rlinks"))
            hrefs = [to_text(as_dict(link).get("href")) for link in links]
            href = next((link for link in hrefs if link.endswith(".json")), href)
        yield selection, PurePosixPath(href).name


# --- Selecting ------------------------------------------------------------------------------------
def select_controls(source: dict[str, Any], selection: dict[str, Any]) -> list[dict[str, Any]]:
    """The selected controls. An enhancement stays below its control if that is selected too."""
    includes = [as_dict(part) for part in as_list(selection.get("include-controls"))]
    excludes = [as_dict(part) for part in as_list(selection.get("exclude-controls"))]
    everything = "include-all" in selection or not includes
    return [
        selected
        for control in _stream_top_level(source)
        for selected in _select_from(
            control, None if everything else includes, excludes, inherited=False
        )
    ]


def find_missing_controls(
    source: dict[str, Any], selection: dict[str, Any], name: str
) -> Iterator[ProfileGap]:
    """Yield the controls that are selected by id or pattern and that the source lacks."""
    controls = {
        to_text(control.get("id")): control
        for top in _stream_top_level(source)
        for control in _stream_with_children(top)
    }
    for part in map(as_dict, as_list(selection.get("include-controls"))):
        for wanted in map(to_text, as_list(part.get("with-ids"))):
            if wanted not in controls:
                reason = f"The profile wants control {wanted}, which {name} does not have."
                yield ProfileGap(wanted, reason)
            elif is_withdrawn(controls[wanted]):
                reason = f"The profile wants control {wanted}, which {name} has withdrawn."
                yield ProfileGap(wanted, reason)
        for pattern in list_patterns(part):
            if not fnmatch.filter(controls, pattern):
                reason = f"The profile wants controls like {pattern}, and {name} has none."
                yield ProfileGap(pattern, reason)


def _stream_top_level(holder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for group in as_list(holder.get("groups")):
        yield from _stream_top_level(as_dict(group))
    yield from map(as_dict, as_list(holder.get("controls")))


def _select_from(
    control: dict[str, Any],
    includes: list[dict[str, Any]] | None,
    excludes: list[dict[str, Any]],
    *,
    inherited: bool,
) -> Iterator[dict[str, Any]]:
    chosen = [part for part in includes or () if is_selected_by(part, control)]
    is_selected = includes is None or inherited or bool(chosen)
    is_selected = is_selected and not any(is_selected_by(part, control) for part in excludes)
    with_children = inherited or any(part.get("with-child-controls") == "yes" for part in chosen)
    below = [
        selected
        for child in map(as_dict, as_list(control.get("controls")))
        for selected in _select_from(child, includes, excludes, inherited=with_children)
    ]
    if is_selected:
        yield {**copy.deepcopy({k: v for k, v in control.items() if k != "controls"})} | {
            "controls": below
        }
    else:
        yield from below


def is_selected_by(selection: dict[str, Any], control: dict[str, Any]) -> bool:
    name = to_text(control.get("id"))
    listed = [to_text(part) for part in as_list(selection.get("with-ids"))]
    patterns = list_patterns(selection)
    return name in listed or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def list_patterns(selection: dict[str, Any]) -> list[str]:
    return [to_text(as_dict(part).get("pattern")) for part in as_list(selection.get("matching"))]


def is_withdrawn(control: dict[str, Any]) -> bool:
    return property_of(control, "status").lower() == "withdrawn"


def property_of(holder: dict[str, Any], name: str) -> str:
    """The value of a property; of several, the one without a class, which is for people."""
    properties = [as_dict(item) for item in as_list(holder.get("props"))]
    properties = [item for item in properties if item.get("name") == name]
    plain = [item for item in properties if not item.get("class")]
    return to_text((plain or properties or [{}])[0].get("value"))


# --- Changing -------------------------------------------------------------------------------------
def modify_catalog(catalog: dict[str, Any], modify: dict[str, Any]) -> Iterator[ProfileGap]:
    """Change the controls, and yield what is to be changed and is not there."""
    controls = {
        to_text(c.get("id")): c for top in catalog["controls"] for c in _stream_with_children(top)
    }
    parameters: dict[str, list[dict[str, Any]]] = {}
    for holder in (catalog, *controls.values()):
        for parameter in map(as_dict, as_list(holder.get("params"))):
            parameters.setdefault(to_text(parameter.get("id")), []).append(parameter)
    for setting in map(as_dict, as_list(modify.get("set-parameters"))):
        name = to_text(setting.get("param-id"))
        for parameter in parameters.get(name, ()):
            parameter.update({k: v for k, v in setting.items() if k != "param-id"})
        if name not in parameters:
            reason = f"The profile sets parameter {name}, which no selected control has."
            yield ProfileGap(name, reason)
    for alter in map(as_dict, as_list(modify.get("alters"))):
        name = to_text(alter.get("control-id"))
        if name not in controls:
            yield ProfileGap(name, f"The profile changes control {name}, which it does not select.")
            continue
        for removal in map(as_dict, as_list(alter.get("removes"))):
            remove_parts(controls[name], removal)
        for addition in map(as_dict, as_list(alter.get("adds"))):
            add_parts(controls[name], addition)


def _stream_with_children(control: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield control
    for child in as_list(control.get("controls")):
        yield from _stream_with_children(child)


def remove_parts(control: dict[str, Any], removal: dict[str, Any]) -> None:
    if unknown := removal.keys() - {"by-id", "by-name"}:
        raise unsupported_change(f"remove {min(unknown)}")
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


def add_parts(control: dict[str, Any], addition: dict[str, Any]) -> None:
    by_id = addition.get("by-id")
    if by_id and by_id != control.get("id"):
        raise unsupported_change("add by-id")
    first = addition.get("position") == "starting"
    for name in ("props", "parts", "params"):
        added = as_list(addition.get(name))
        present = as_list(control.get(name))
        if added:
            control[name] = [*added, *present] if first else [*present, *added]


def unsupported_change(what: str) -> UnreadableReport:
    return UnreadableReport(
        f"The profile changes controls with '{what}', which is not supported. Import the resolved "
        "catalogue that its publisher offers."
    )
