"""Reads the files of a pack: each in its shape, and without contradictions between them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError

from marketplace.packs.errors import BadPack
from marketplace.packs.manifest import check_schema, parse_json
from marketplace.packs.schemas import SCHEMAS
from openrisk.text.names import name_key
from risks.import_runs.importers.control import control_identity, framework_identity
from risks.services.matrix import check_levels

Content = tuple[str, str, Any]  # path, kind, value
Name = tuple[str, str, str]  # type of object, name, path in the file
IN_ANY_CASE = (
    "category",
    "framework",
    "risk title",
)  # people take names in another case for the same


def read_contents(files: Iterable[tuple[str, str, bytes]]) -> list[tuple[str, Any]]:
    """Return (kind, value) for each (path, kind, content). Raises BadPack."""
    contents = [(path, kind, parse_json(content, path)) for path, kind, content in files]
    for path, kind, value in contents:
        check_schema(SCHEMAS[kind], value, path)
    names = collect_unique_names(contents)
    for path, kind, value in contents:
        if find_problems := _PROBLEMS.get(kind):
            for location, problem in find_problems(value, names):
                raise BadPack(f"{path}, at {location}: {problem}")
    return [(kind, value) for _, kind, value in contents]


def collect_unique_names(contents: list[Content]) -> set[tuple[str, str]]:
    """The (type, name) of all objects with names. Raises BadPack for a name that occurs twice."""
    names: set[tuple[str, str]] = set()
    first_places: dict[tuple[str, str], str] = {}
    for path, kind, value in contents:
        for object_type, name, position in _NAMES[kind](value):
            names.add((object_type, name))
            location = f"{path}, at {position}"
            key = name_key(name) if object_type in IN_ANY_CASE else name
            first = first_places.setdefault((object_type, key), location)
            if first != location:
                raise BadPack(
                    f"{location}: {name[:100]!r} is a {object_type} already ({first}). Keep one of "
                    "them, or rename one."
                )
    return names


def names_of_risks(value: dict[str, Any]) -> Iterator[Name]:
    for number, category in enumerate(value["categories"]):
        yield "category", category["name"], f"categories/{number}/name"
    for number, risk in enumerate(value["risks"]):
        yield "risk id", risk["id"], f"risks/{number}/id"
        yield "risk title", risk["title"], f"risks/{number}/title"


def names_of_framework(value: dict[str, Any]) -> Iterator[Name]:
    identity = framework_identity(value["name"], value.get("edition", ""))
    yield "framework", identity, "name"
    for number, control in enumerate(value["controls"]):
        name = control_identity(identity, control["identifier"])
        yield "control", name, f"controls/{number}/identifier"


def names_of_matrices(value: dict[str, Any]) -> Iterator[Name]:
    for number, matrix in enumerate(value["matrices"]):
        yield "matrix", matrix["id"], f"matrices/{number}/id"


def names_of_boards(value: dict[str, Any]) -> Iterator[Name]:
    for number, board in enumerate(value["boards"]):
        yield "board", board["slug"], f"boards/{number}/slug"


_NAMES: dict[str, Callable[[dict[str, Any]], Iterator[Name]]] = {
    "risks": names_of_risks,
    "framework": names_of_framework,
    "matrices": names_of_matrices,
    "boards": names_of_boards,
}


# --- Contradictions, as (position, problem) -----------------------------------------------------
Problems = Iterator[tuple[str, str]]


def find_unlisted_categories(value: dict[str, Any], names: set[tuple[str, str]]) -> Problems:
    for number, risk in enumerate(value["risks"]):
        if ("category", risk["category"]) not in names:
            yield (
                f"risks/{number}/category",
                f"{risk['category'][:100]!r} is not among the categories. List it there.",
            )


def find_parents_below(value: dict[str, Any], names: set[tuple[str, str]]) -> Problems:
    """A parent comes before its children, so it exists and there are no circles."""
    above: set[str] = set()
    for number, control in enumerate(value["controls"]):
        parent = control.get("parent")
        if parent and parent not in above:
            yield (
                f"controls/{number}/parent",
                f"{parent!r} is not a control above this one. List the parent before it.",
            )
        above.add(control["identifier"])


def find_falling_levels(value: dict[str, Any], names: set[tuple[str, str]]) -> Problems:
    for number, matrix in enumerate(value["matrices"]):
        try:
            check_levels(matrix["levels"])
        except ValidationError as error:
            yield f"matrices/{number}/levels", " ".join(error.messages)


_PROBLEMS = {
    "risks": find_unlisted_categories,
    "framework": find_parents_below,
    "matrices": find_falling_levels,
}
