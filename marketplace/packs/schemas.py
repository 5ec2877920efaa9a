"""The shapes of what a pack holds, as JSON Schemas: of its manifest, and of each kind of content.

A `description` says what to write; it is part of the message where a value does not fit. Lengths
are those of the columns that the values end up in.
"""

from typing import Any

from risks.models import Level, Treatment

FORMAT = 1
_SEEN = r"[^\s\u200b\ufeff]"  # and nothing that looks like nothing, which imports take away
_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIER = rf"({_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
SEMVER = (  # Semantic Versioning 2.0.0, items 2, 9 and 10
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_IDENTIFIER}(\.{_IDENTIFIER})*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)


def _text(longest: int, pattern: str, description: str) -> dict[str, Any]:
    # "$" alone would let a line end follow.
    whole = f"^{pattern}$(?!\n)"
    return {"type": "string", "maxLength": longest, "pattern": whole, "description": description}


def _line(longest: int) -> dict[str, Any]:
    return _text(longest, rf"{_SEEN}(.*{_SEEN})?", "Write one line, with no blanks at its ends.")


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(item: dict[str, Any], most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least, "maxItems": most}


_TEXT = {"type": "string", "maxLength": 20_000}
_RATING = {
    "type": "integer",
    "minimum": 1,
    "maximum": 5,
    "description": "Write a whole number from 1 to 5.",
}
_LABELS = _list(_line(255), 5, 5)
_ID = _text(
    100,
    "[a-z0-9]+([.-][a-z0-9]+)*",
    "Write small letters and digits, with dots or hyphens between: org.example.library.",
)
_RANGE = _line(255) | {"description": "Write a range of versions as >=1.0,<2."}

_CATEGORY = _object({"name": _line(100)}, {"description": _TEXT})
# Several become one plan, whose title says how many: so one leaves room for that.
_TREATMENT = _object({"title": _line(200)}, {"description": _TEXT})
_RISK = {
    **_object(
        {"id": _line(100), "title": _line(255), "category": _line(100)},
        {
            "description": _TEXT,
            "treatment": {"enum": Treatment.values},
            "inherent_likelihood": _RATING,
            "inherent_impact": _RATING,
            "suggested_treatment": _list(_TREATMENT, 10),
            "tags": _list(_line(50), 20),
        },
    ),
    "allOf": [
        {
            "dependentRequired": {
                "inherent_likelihood": ["inherent_impact"],
                "inherent_impact": ["inherent_likelihood"],
            },
            "description": "Half a rating has no score: give both, or neither.",
        }
    ],
}
_CONTROL = _object(
    {"identifier": _line(100), "title": _line(500)},
    {"text": _TEXT, "parent": {"type": "string", "maxLength": 100}},
)
_MATRIX = _object(
    {
        "id": _line(100),
        "name": _line(255),
        "description": _TEXT,
        "likelihood_labels": _LABELS,
        "impact_labels": _LABELS,
        "levels": _list(_list({"enum": Level.values}, 5, 5), 5, 5),
    }
)
_BOARD = _object(
    {
        "slug": _text(50, "[a-z0-9-]+", "Write small letters, digits and hyphens."),
        "name": _line(80),
        "widgets": _list(_object({"name": _line(255)}, {"wide": {"type": "boolean"}}), 24),
    },
    {"period": {"enum": ["7d", "30d", "90d", "365d"]}},
)
SCHEMAS: dict[str, dict[str, Any]] = {
    "framework": _object(
        {"name": _line(150), "controls": _list(_CONTROL, 10_000)},
        {"edition": {"type": "string", "maxLength": 50}, "description": _TEXT},
    ),
    "risks": _object({"categories": _list(_CATEGORY, 200), "risks": _list(_RISK, 5_000)}),
    "matrices": _object({"matrices": _list(_MATRIX, 50)}),
    "boards": _object({"boards": _list(_BOARD, 50)}),
}

ABOUT: dict[str, dict[str, Any]] = {
    "id": _ID,
    "name": _line(150),
    "version": _text(50, SEMVER, "Write it as 1.2.3, as Semantic Versioning 2.0 has it."),
    "publisher": _line(150),
    "licence": _text(
        50,
        r"\(*[A-Za-z0-9.+-]+\)*( (AND|OR|WITH) \(*[A-Za-z0-9.+-]+\)*)*",
        "Write an SPDX identifier as CC-BY-4.0, or LicenseRef-Yours for one of your own.",
    ),
    "summary": _line(255),
    "core": _RANGE,
}
_OPTIONAL = {"requires": _list(_object({"id": _ID, "version": _RANGE}), 20), "description": _TEXT}
_FILE = _object(
    {
        "path": _text(
            100, r"[A-Za-z0-9_-]+\.json", "Write letters, digits, hyphens, and .json at the end."
        ),
        "kind": {"enum": list(SCHEMAS)},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "size": {"type": "integer", "minimum": 0},
    }
)
_FORMAT = {"const": FORMAT, "description": "A newer OpenRisk may read it: upgrade, or ask for it."}
MANIFEST = _object({"format": _FORMAT, **ABOUT, "files": _list(_FILE, 100, 1)}, _OPTIONAL)
# What the author writes: the rest is worked out when the pack is built.
SOURCE = _object(ABOUT, _OPTIONAL)
