"""Reads the manifest of a pack, and any JSON of a pack."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from marketplace.packs.errors import BadPack
from marketplace.packs.schemas import ABOUT, MANIFEST
from marketplace.packs.versions import parse_range

# Databases store no half characters, PostgreSQL stores no NUL, and terminals obey the others.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# JSON Schema accepts 2.0 as an integer, but it cannot be the index of a list.
_Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda checker, value: type(value) is int
    ),
)


@dataclass(frozen=True)
class Manifest:
    """`requires` has version ranges by pack. `files` are as in the manifest."""

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
    fields = parse_json(content, "manifest.json")
    check_schema(MANIFEST, fields, "manifest.json")
    manifest = Manifest(
        **{name: fields[name] for name in ABOUT},
        description=fields.get("description", ""),
        requires={part["id"]: part["version"] for part in fields.get("requires", ())},
        files=tuple(fields["files"]),
    )
    for version_range in (manifest.core, *manifest.requires.values()):
        parse_range(version_range)
    if manifest.id in manifest.requires:
        raise BadPack("The pack requires itself. Remove that from `requires`.")
    if len(manifest.requires) < len(fields.get("requires", ())):
        raise BadPack("`requires` names a pack twice. Join both ranges with a comma.")
    return manifest


# --- Reading ------------------------------------------------------------------------------------
class AmbiguousJson(ValueError):
    """JSON that different programs read differently."""


def parse_json(content: bytes, path: str) -> Any:
    """Parse JSON of RFC 8259 in UTF-8, without duplicate names. Raises BadPack."""
    try:
        return json.loads(
            content.decode(), object_pairs_hook=unique_names, parse_constant=refuse_constant
        )
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        message = f"{path} is not valid JSON, at {position}: {error.msg}. Correct it there."
        raise BadPack(message) from None
    except UnicodeDecodeError:
        raise BadPack(f"{path} is not in UTF-8. Save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        is_known = isinstance(error, AmbiguousJson)
        reason = error if is_known else "it has too large a number or too many levels"
        raise BadPack(f"{path} is not valid JSON: {reason}. Correct that.") from None


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise AmbiguousJson(f"an object has {twice[:100]!r} twice")
    return result


def refuse_constant(name: str) -> Any:
    raise AmbiguousJson(f"{name} is not a number")


def check_schema(schema: dict[str, Any], value: Any, path: str) -> None:
    """Raise BadPack with the position of the first thing that is wrong."""
    for violation in validator_of(json.dumps(schema)).iter_errors(value):
        advice = violation.schema.get("description", "")
        message = f"{describe_violation(violation)}. {advice}".strip()
        raise BadPack(f"{path}, at {_join(violation.absolute_path)}: {message}")
    _check_characters(value, path, ())


def _check_characters(value: Any, path: str, position: tuple[Any, ...]) -> None:
    if isinstance(value, str) and (match := _FORBIDDEN.search(value)):
        code = f"U+{ord(match[0]):04X}"
        location = f"{path}, at {_join(position)}"
        raise BadPack(f"{location}: the text has the character {code}. Remove it.")
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            _check_characters(item, path, (*position, name))


def describe_violation(violation: ValidationError) -> str:
    """A short message; for a pattern, the description of the schema follows it."""
    value = repr(violation.instance)
    short = value if len(value) <= 60 else f"{value[:60]}…"
    if violation.validator == "pattern":
        return f"{short} does not fit"
    if violation.validator == "maxLength":
        return f"{short} is longer than {violation.validator_value} characters"
    return violation.message.replace(value, short)[:200]


def _join(position: Any) -> str:
    return "/".join(map(str, position)) or "the top"


@cache
def validator_of(schema: str) -> Any:
    return _Validator(json.loads(schema))
