"""What a pack says of itself, and the shape of what it may hold."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from risks.models import Level, Treatment

FORMAT = 1
_SEMVER = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$"
_COMPARISON = re.compile(r"^(>=|<=|>|<|==)?\s*(\d+(?:\.\d+){0,2})$")
_LINE = {"type": "string", "minLength": 1, "maxLength": 255}
_TEXT = {"type": "string", "maxLength": 20_000}
_RATING = {"type": "integer", "minimum": 1, "maximum": 5}
_LABELS = {"type": "array", "items": _LINE, "minItems": 5, "maxItems": 5}
_LEVEL_ROW = {
    "type": "array",
    "items": {"enum": Level.values},
    "minItems": 5,
    "maxItems": 5,
}


class BadPack(Exception):
    """The pack is not loaded. The message says what is wrong with it."""


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(item: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": item, "maxItems": most}


_WIDGET = _object({"name": _LINE}, {"wide": {"type": "boolean"}})
_TREATMENT = _object({"title": _LINE}, {"description": _TEXT})
SCHEMAS: dict[str, dict[str, Any]] = {
    "framework": _object(
        {
            "name": _LINE | {"maxLength": 150},
            "controls": _list(
                _object(
                    {"identifier": _LINE | {"maxLength": 100}, "title": _LINE},
                    {"text": _TEXT, "parent": _TEXT},
                ),
                10_000,
            ),
        },
        {"edition": _TEXT | {"maxLength": 50}, "description": _TEXT},
    ),
    "risks": _object(
        {
            "categories": _list(
                _object({"name": _LINE | {"maxLength": 100}}, {"description": _TEXT}), 200
            ),
            "risks": _list(
                _object(
                    {"id": _LINE | {"maxLength": 100}, "title": _LINE, "category": _LINE},
                    {
                        "description": _TEXT,
                        "treatment": {"enum": Treatment.values},
                        "inherent_likelihood": _RATING,
                        "inherent_impact": _RATING,
                        "suggested_treatment": _list(_TREATMENT, 10),
                        "tags": _list(_LINE | {"maxLength": 50}, 20),
                    },
                ),
                5_000,
            ),
        }
    ),
    "matrices": _object(
        {
            "matrices": _list(
                _object(
                    {
                        "id": _LINE,
                        "name": _LINE,
                        "description": _TEXT,
                        "likelihood_labels": _LABELS,
                        "impact_labels": _LABELS,
                        "levels": {
                            "type": "array",
                            "items": _LEVEL_ROW,
                            "minItems": 5,
                            "maxItems": 5,
                        },
                    }
                ),
                50,
            )
        }
    ),
    "boards": _object(
        {
            "boards": _list(
                _object(
                    {
                        "slug": {"type": "string", "pattern": "^[a-z0-9-]{1,50}$"},
                        "name": _LINE | {"maxLength": 80},
                        "widgets": _list(_WIDGET, 24),
                    },
                    {"period": {"enum": ["7d", "30d", "90d", "365d"]}},
                ),
                50,
            )
        }
    ),
}
_ABOUT = {
    "format": {"const": FORMAT},
    "id": {"type": "string", "pattern": "^[a-z0-9]+([.-][a-z0-9]+)*$", "maxLength": 100},
    "name": _LINE | {"maxLength": 150},
    "version": {"type": "string", "pattern": _SEMVER, "maxLength": 50},
    "publisher": _LINE | {"maxLength": 150},
    "licence": _LINE | {"maxLength": 50},
    "summary": _LINE,
    "core": _LINE | {"description": "Versions of OpenRisk, as in >=0.1,<2"},
}
_FILE = _object(
    {
        "path": {"type": "string", "pattern": "^[A-Za-z0-9_-]+\\.json$"},
        "kind": {"enum": list(SCHEMAS)},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "size": {"type": "integer", "minimum": 0},
    }
)
_REQUIRES = {"requires": _list(_object({"id": _LINE, "version": _LINE}), 20), "description": _TEXT}
MANIFEST = _object({**_ABOUT, "files": _list(_FILE, 100)}, _REQUIRES)
# What the author writes: the rest is worked out when the pack is built.
SOURCE = _object({name: part for name, part in _ABOUT.items() if name != "format"}, _REQUIRES)


@dataclass(frozen=True)
class Manifest:
    """`requires`: version range by pack. `files` are as in the manifest."""

    id: str
    name: str
    version: str
    publisher: str
    licence: str
    summary: str
    core: str
    description: str
    requires: dict[str, str]
    files: tuple[dict[str, Any], ...]


def read_manifest(content: bytes) -> Manifest:
    """Raises BadPack."""
    said = parsed(content, "manifest.json")
    check(MANIFEST, said, "manifest.json")
    return Manifest(
        **{name: said[name] for name in _ABOUT if name != "format"},
        description=said.get("description", ""),
        requires={part["id"]: part["version"] for part in said.get("requires", ())},
        files=tuple(said["files"]),
    )


def parsed(content: bytes, path: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise BadPack(f"{path} is no JSON.") from None


def check(schema: dict[str, Any], value: Any, path: str) -> None:
    """Raises BadPack with the place of the first thing that is wrong."""
    for violation in _validator(json.dumps(schema)).iter_errors(value):
        place = "/".join(map(str, violation.absolute_path))
        raise BadPack(f"{path}, at {place or 'the top'}: {violation.message[:200]}.")


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema))


def within(version: str, wanted: str) -> bool:
    """Whether a version is in a range such as `>=0.1,<2`. Raises BadPack for what is no range."""
    for part in wanted.split(","):
        match = _COMPARISON.match(part.strip())
        if match is None:
            raise BadPack(f"{wanted[:50]!r} is no range of versions. Write it as >=1.0,<2.")
        if not _holds(order(version), match[1] or "==", order(match[2])):
            return False
    return True


def order(version: str) -> tuple[int, ...]:
    """What versions are compared by; a pre-release counts as what it leads to."""
    numbers = [int(part) for part in version.partition("-")[0].split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def _holds(one: tuple[int, ...], comparison: str, other: tuple[int, ...]) -> bool:
    return {
        ">=": one >= other,
        "<=": one <= other,
        ">": one > other,
        "<": one < other,
        "==": one == other,
    }[comparison]
