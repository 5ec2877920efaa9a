"""What a pack says of itself, and versions."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from marketplace.packs.schemas import ABOUT, MANIFEST

_COMPARISON = re.compile(r"(>=|<=|>|<|==)?\s*(\d{1,9}(?:\.\d{1,9}){0,2})", re.ASCII)
# No database stores half a character, PostgreSQL no NUL, and a terminal would obey the others.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# JSON Schema takes 2.0 for an integer; as a place in a list it is none.
_Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda checker, value: type(value) is int
    ),
)


class BadPack(Exception):
    """The pack is not loaded. The message says what is wrong with it."""


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
    said = parse_json(content, "manifest.json")
    check_schema(MANIFEST, said, "manifest.json")
    manifest = Manifest(
        **{name: said[name] for name in ABOUT},
        description=said.get("description", ""),
        requires={part["id"]: part["version"] for part in said.get("requires", ())},
        files=tuple(said["files"]),
    )
    for wanted in (manifest.core, *manifest.requires.values()):
        _comparisons(wanted)
    if manifest.id in manifest.requires:
        raise BadPack("The pack requires itself. Take that out of `requires`.")
    if len(manifest.requires) < len(said.get("requires", ())):
        raise BadPack("`requires` names a pack twice. Join both ranges with a comma.")
    return manifest


# --- Reading ------------------------------------------------------------------------------------
def parse_json(content: bytes, path: str) -> Any:
    """JSON as RFC 8259 has it, in UTF-8, with no name twice. Raises BadPack."""
    try:
        return json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadPack(f"{path} is no JSON, at {place}: {error.msg}. Correct it there.") from None
    except UnicodeDecodeError:
        raise BadPack(f"{path} is not in UTF-8. Save it as that.") from None
    except (ValueError, RecursionError) as error:
        reason = error if isinstance(error, _Refused) else "it has numbers or levels without end"
        raise BadPack(f"{path} is no JSON that can be read: {reason}. Correct that.") from None


class _Refused(ValueError):
    """JSON that readers understand differently."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise _Refused(f"an object has {twice[:100]!r} twice")
    return found


def _no_number(name: str) -> Any:
    raise _Refused(f"{name} is no number")


def check_schema(schema: dict[str, Any], value: Any, path: str) -> None:
    """Raises BadPack with the place of the first thing that is wrong."""
    for violation in _validator(json.dumps(schema)).iter_errors(value):
        told = f"{_words(violation)}. {violation.schema.get('description', '')}"
        raise BadPack(f"{path}, at {_place(violation.absolute_path)}: {told.strip()}")
    _check_texts(value, path, ())


def _check_texts(value: Any, path: str, place: tuple[Any, ...]) -> None:
    if isinstance(value, str) and (found := _UNFIT.search(value)):
        code = f"U+{ord(found[0]):04X}"
        raise BadPack(f"{path}, at {_place(place)}: the text has the character {code}. Remove it.")
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in parts:
            _check_texts(part, path, (*place, name))


def _words(violation: ValidationError) -> str:
    """A pattern says nothing to most people: the description beside it does."""
    value = repr(violation.instance)
    short = value if len(value) <= 60 else f"{value[:60]}…"
    if violation.validator == "pattern":
        return f"{short} does not fit"
    if violation.validator == "maxLength":
        return f"{short} is longer than {violation.validator_value} characters"
    return violation.message.replace(value, short)[:200]


def _place(place: Any) -> str:
    return "/".join(map(str, place)) or "the top"


@cache
def _validator(schema: str) -> Any:
    return _Validator(json.loads(schema))


# --- Versions -----------------------------------------------------------------------------------
def is_version_in_range(version: str, wanted: str) -> bool:
    """Whether a version is in a range such as `>=0.1,<2`. Raises BadPack for what is no range.

    A pre-release counts as what it leads to: 2.0.0-rc.1 is not below 2.
    """
    release = _numbers(version)
    return all(_holds(release, comparison, bound) for comparison, bound in _comparisons(wanted))


def version_key(version: str) -> tuple[Any, ...]:
    """What versions are compared by, as Semantic Versioning 2.0 (item 11) orders them."""
    pre = version.partition("+")[0].partition("-")[2]
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre.split("."))
    return (*_numbers(version), not pre, parts)


def _numbers(version: str) -> tuple[int, ...]:
    release = version.partition("+")[0].partition("-")[0]
    numbers = [int(part) for part in release.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def _comparisons(wanted: str) -> list[tuple[str, tuple[int, ...]]]:
    """Raises BadPack."""
    matches = [_COMPARISON.fullmatch(part.strip()) for part in wanted.split(",")]
    if not all(matches):
        raise BadPack(f"{wanted[:50]!r} is no range of versions. Write it as >=1.0,<2.")
    return [(match[1] or "==", _numbers(match[2])) for match in matches if match]


def _holds(one: tuple[int, ...], comparison: str, other: tuple[int, ...]) -> bool:
    return {
        ">=": one >= other,
        "<=": one <= other,
        ">": one > other,
        "<": one < other,
        "==": one == other,
    }[comparison]
