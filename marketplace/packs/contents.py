"""What the files of a pack hold: each of its shape, and none in contradiction to another."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError

from marketplace.packs.manifest import BadPack, check_schema, parse_json
from marketplace.packs.schemas import SCHEMAS
from risks.import_runs.importers.control import control_identity, framework_identity
from risks.services.matrix import check_levels

Content = tuple[str, str, Any]  # path, kind, value
Named = tuple[str, str, str]  # what, its name, its place in the file
IN_ANY_CASE = ("category", "risk title")  # what people would take for the same


def read_contents(files: Iterable[tuple[str, str, bytes]]) -> list[tuple[str, Any]]:
    """(kind, value) of each file, given as (path, kind, content). Raises BadPack."""
    contents = [(path, kind, parse_json(content, path)) for path, kind, content in files]
    for path, kind, value in contents:
        check_schema(SCHEMAS[kind], value, path)
    names = _names_once(contents)
    for path, kind, value in contents:
        for place, problem in _PROBLEMS.get(kind, _none)(value, names):
            raise BadPack(f"{path}, at {place}: {problem}")
    return [(kind, value) for _, kind, value in contents]


def _names_once(contents: list[Content]) -> set[tuple[str, str]]:
    """(what, name) of all that has a name, which the pack gives once. Raises BadPack."""
    names: set[tuple[str, str]] = set()
    first: dict[tuple[str, str], str] = {}
    for path, kind, value in contents:
        for what, name, place in _NAMES[kind](value):
            names.add((what, name))
            here = f"{path}, at {place}"
            key = name.casefold() if what in IN_ANY_CASE else name
            there = first.setdefault((what, key), here)
            if there != here:
                raise BadPack(
                    f"{here}: {name[:100]!r} is a {what} already ({there}). Keep one of the two, "
                    "or give one another name."
                )
    return names


def _names_of_risks(value: dict[str, Any]) -> Iterator[Named]:
    for number, category in enumerate(value["categories"]):
        yield "category", category["name"], f"categories/{number}/name"
    for number, risk in enumerate(value["risks"]):
        yield "risk id", risk["id"], f"risks/{number}/id"
        yield "risk title", risk["title"], f"risks/{number}/title"


def _names_of_framework(value: dict[str, Any]) -> Iterator[Named]:
    identity = framework_identity(value["name"], value.get("edition", ""))
    yield "framework", identity, "name"
    for number, control in enumerate(value["controls"]):
        name = control_identity(identity, control["identifier"])
        yield "control", name, f"controls/{number}/identifier"


def _names_of_matrices(value: dict[str, Any]) -> Iterator[Named]:
    for number, matrix in enumerate(value["matrices"]):
        yield "matrix", matrix["id"], f"matrices/{number}/id"


def _names_of_boards(value: dict[str, Any]) -> Iterator[Named]:
    for number, board in enumerate(value["boards"]):
        yield "board", board["slug"], f"boards/{number}/slug"


_NAMES: dict[str, Callable[[dict[str, Any]], Iterator[Named]]] = {
    "risks": _names_of_risks,
    "framework": _names_of_framework,
    "matrices": _names_of_matrices,
    "boards": _names_of_boards,
}


# --- (place, problem) of what contradicts itself ------------------------------------------------
Problems = Iterator[tuple[str, str]]


def _none(value: dict[str, Any], names: set[tuple[str, str]]) -> Problems:
    return iter(())


def _unlisted_categories(value: dict[str, Any], names: set[tuple[str, str]]) -> Problems:
    for number, risk in enumerate(value["risks"]):
        if ("category", risk["category"]) not in names:
            yield (
                f"risks/{number}/category",
                f"{risk['category'][:100]!r} is not among the categories. List it there.",
            )


def _parents_below(value: dict[str, Any], names: set[tuple[str, str]]) -> Problems:
    """A parent stands before its children: so it exists, and none is its own grandparent."""
    above: set[str] = set()
    for number, control in enumerate(value["controls"]):
        parent = control.get("parent")
        if parent and parent not in above:
            yield (
                f"controls/{number}/parent",
                f"{parent!r} is not the identifier of a control above this one. List it before.",
            )
        above.add(control["identifier"])


def _falling_levels(value: dict[str, Any], names: set[tuple[str, str]]) -> Problems:
    for number, matrix in enumerate(value["matrices"]):
        try:
            check_levels(matrix["levels"])
        except ValidationError as error:
            yield f"matrices/{number}/levels", " ".join(error.messages)


_PROBLEMS = {
    "risks": _unlisted_categories,
    "framework": _parents_below,
    "matrices": _falling_levels,
}
