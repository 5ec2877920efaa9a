"""Headers of our own export, as `risks.exports` writes them and an import recognizes them."""

from collections.abc import Iterable

from risks.fields import COMPUTED, RATINGS, field_names
from risks.scoring import KINDS

# Scores and levels: read from other registers only to compare them with ours.
FIGURES = tuple(f"{kind}_{part}" for kind in KINDS for part in ("score", "level"))
# What a register says about a risk beyond its fields: parts of a description, and a plan.
CIRCUMSTANCES = ("threat", "vulnerability", "existing_controls")
PLAN = ("treatment_plan", "due_date")
# The fields that a column of a register can give, whether our export or another one wrote it.
IMPORT_FIELDS = (
    *("reference", "external_id"),
    *(name for name in field_names(importable=True) if name not in {"external_id", "extra"}),
    *(*CIRCUMSTANCES, *PLAN, *FIGURES),
)
# Columns of an export that an import ignores: the register computes them itself.
EXPORTED_ONLY = frozenset({*COMPUTED, "number"} - {*IMPORT_FIELDS, "category_name"})

_ALWAYS = frozenset({"reference", "title"})
_SOME = frozenset({"external_id", "owner_name", "next_review_at", "source_name", *RATINGS})
_ENOUGH = 3
_EXTRA_PREFIX = "extra: "


def is_own_export(headers: Iterable[str]) -> bool:
    """Whether our export wrote a file with these headers, so that its names are exact."""
    names = set(headers)
    return names >= _ALWAYS and len(names & _SOME) >= _ENOUGH


def extra_header(name: str) -> str:
    """The header of a key in `extra`; `extra_name` is the inverse."""
    taken = name in IMPORT_FIELDS or name in EXPORTED_ONLY or name.startswith(_EXTRA_PREFIX)
    return _EXTRA_PREFIX + name if taken else name


def extra_name(header: str) -> str:
    """The key in `extra` for a column of our export, which marks names that fields have too."""
    return header.removeprefix(_EXTRA_PREFIX) or header
