"""JSON Schemas of a pack: of its manifest, and of each kind of content.

A `description` says what to write; it is part of the message if a value does not fit. Lengths are
those of the columns in which the values are stored.
"""

from typing import Any

from risks.models import Level, Treatment
from risks.scoring import DEFAULT_SIZE, SIZES

FORMAT = 1
_VISIBLE = r"[^\s\u200b\ufeff]"  # without invisible characters, which imports remove
_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIER = rf"({_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
SEMVER = (  # Semantic Versioning 2.0.0, items 2, 9 and 10
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_IDENTIFIER}(\.{_IDENTIFIER})*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)


def text_of(longest: int, pattern: str, description: str) -> dict[str, Any]:
    # "$" alone would allow a line end to follow.
    pattern = f"^{pattern}$(?!\n)"
    return {"type": "string", "maxLength": longest, "pattern": pattern, "description": description}


def line_of(longest: int) -> dict[str, Any]:
    pattern = rf"{_VISIBLE}(.*{_VISIBLE})?"
    return text_of(longest, pattern, "Write one line, without blanks at its ends.")


def object_of(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def list_of(item: dict[str, Any], most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least, "maxItems": most}


_TEXT = {"type": "string", "maxLength": 20_000}
_RATING = {
    "type": "integer",
    "minimum": 1,
    "maximum": DEFAULT_SIZE,
    "description": f"Write a whole number from 1 to {DEFAULT_SIZE}.",
}
_LABELS = list_of(line_of(50), SIZES[-1], SIZES[0])
_ID = text_of(
    100,
    "[a-z0-9]+([.-][a-z0-9]+)*",
    "Write small letters and digits, with dots or hyphens between: org.example.library.",
)
_RANGE = line_of(255) | {"description": "Write a range of versions as >=1.0,<2."}

_CATEGORY = object_of({"name": line_of(100)}, {"description": _TEXT})
# Several become one plan, whose title also says how many: this leaves room for that.
_TREATMENT = object_of({"title": line_of(200)}, {"description": _TEXT})
_RISK = {
    **object_of(
        {"id": line_of(100), "title": line_of(255), "category": line_of(100)},
        {
            "description": _TEXT,
            "treatment": {"enum": Treatment.values},
            "inherent_likelihood": _RATING,
            "inherent_impact": _RATING,
            "suggested_treatment": list_of(_TREATMENT, 10),
            "tags": list_of(line_of(50), 20),
        },
    ),
    "allOf": [
        {
            "dependentRequired": {
                "inherent_likelihood": ["inherent_impact"],
                "inherent_impact": ["inherent_likelihood"],
            },
            "description": "A score needs both ratings: give both, or neither.",
        }
    ],
}
_CONTROL = object_of(
    {"identifier": line_of(100), "title": line_of(500)},
    {"text": _TEXT, "parent": {"type": "string", "maxLength": 100}},
)
_MATRIX = object_of(
    {
        "id": line_of(100),
        "name": line_of(255),
        "description": _TEXT,
        "likelihood_labels": _LABELS,
        "impact_labels": _LABELS,
        "levels": list_of(
            list_of({"enum": Level.values}, SIZES[-1], SIZES[0]), SIZES[-1], SIZES[0]
        ),
    }
)
_BOARD = object_of(
    {
        "slug": text_of(50, "[a-z0-9-]+", "Write small letters, digits and hyphens."),
        "name": line_of(80),
        "widgets": list_of(object_of({"name": line_of(255)}, {"wide": {"type": "boolean"}}), 24),
    },
    {"period": {"enum": ["7d", "30d", "90d", "365d"]}},
)
SCHEMAS: dict[str, dict[str, Any]] = {
    "framework": object_of(
        {"name": line_of(150), "controls": list_of(_CONTROL, 10_000)},
        {"edition": {"type": "string", "maxLength": 50}, "description": _TEXT},
    ),
    "risks": object_of({"categories": list_of(_CATEGORY, 200), "risks": list_of(_RISK, 5_000)}),
    "matrices": object_of({"matrices": list_of(_MATRIX, 50)}),
    "boards": object_of({"boards": list_of(_BOARD, 50)}),
}

ABOUT: dict[str, dict[str, Any]] = {
    "id": _ID,
    "name": line_of(150),
    "version": text_of(50, SEMVER, "Write it as 1.2.3, by Semantic Versioning 2.0."),
    "publisher": line_of(150),
    "licence": text_of(
        50,
        r"\(*[A-Za-z0-9.+-]+\)*( (AND|OR|WITH) \(*[A-Za-z0-9.+-]+\)*)*",
        "Write an SPDX identifier as CC-BY-4.0, or LicenseRef-Yours for one of your own.",
    ),
    "summary": line_of(255),
    "core": _RANGE,
}
_OPTIONAL = {
    "requires": list_of(object_of({"id": _ID, "version": _RANGE}), 20),
    "description": _TEXT,
}
_FILE = object_of(
    {
        "path": text_of(
            100, r"[A-Za-z0-9_-]+\.json", "Write letters, digits, hyphens, and .json at the end."
        ),
        "kind": {"enum": list(SCHEMAS)},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "size": {"type": "integer", "minimum": 0},
    }
)
_FORMAT = {"const": FORMAT, "description": "A newer OpenRisk may read it: upgrade, or ask for it."}
MANIFEST = object_of({"format": _FORMAT, **ABOUT, "files": list_of(_FILE, 100, 1)}, _OPTIONAL)
# The part that the author writes; building the pack adds the rest.
SOURCE = object_of(ABOUT, _OPTIONAL)
