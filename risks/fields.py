"""The fields of a risk: one table for serializers, filters, exports, imports, forms and admin.

The order is that of the API. A new field is a column of `risks.models.risk`, its migration and a
row here; `docs/architecture.md` lists the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from risks.scoring import KINDS

SAME = ("exact", "in")
OPTIONAL = ("exact", "in", "isnull")
NUMBER = ("exact", "in", "gte", "lte", "isnull")
TIME = ("gte", "lte")
OPTIONAL_TIME = ("gte", "lte", "isnull")


class Kind(StrEnum):
    """Kinds of values: stored alike, and written alike in files."""

    ID = "id"  # names the risk, here or in its source
    TEXT = "text"
    CHOICE = "choice"  # one of the model's choices, or ""
    STATUS = "status"  # changed by transitions only
    RATING = "rating"  # of the matrix, or None while it is not assessed
    NUMBER = "number"
    TIME = "time"
    PERSON = "person"  # a member; files have the e-mail address
    ROW = "row"  # a row of the organization; files have its name
    LINKS = "links"  # tags, assets or controls; files list their names
    FIGURE = "figure"  # texts of a source about ratings, by kind of rating; only imports give them
    EXTRA = "extra"  # imported columns without a field; files have a column for each
    CUSTOM = "custom"  # of the organization, by key; files and lists have a column for each
    COMPUTED = "computed"
    COMMENT = "comment"  # goes into the history, not into the risk


@dataclass(frozen=True)
class RiskField:
    """One field and the places where it appears."""

    name: str
    kind: Kind
    label: str = ""  # of forms and lists; made from the name where it is empty
    importable: bool = True
    exportable: bool = True
    in_form: bool = False  # the form of the pages
    in_list: bool = False  # may be a column of the list of the pages
    admin_section: str = ""  # of the admin's form
    lookups: tuple[str, ...] = ()  # filters of the API and of the list

    @property
    def is_writable(self) -> bool:
        """Return whether clients of the API may set it."""
        return self.kind not in (Kind.COMPUTED, Kind.FIGURE)

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ").capitalize()


def _computed(
    name: str, *lookups: str, exportable: bool = False, in_list: bool = False, section: str = ""
) -> RiskField:
    return RiskField(
        name,
        Kind.COMPUTED,
        importable=False,
        exportable=exportable,
        in_list=in_list,
        admin_section=section,
        lookups=lookups,
    )


def _rating(name: str) -> RiskField:
    return RiskField(
        name, Kind.RATING, in_form=True, in_list=True, admin_section="Assessment", lookups=NUMBER
    )


def _person(name: str) -> RiskField:
    return RiskField(
        name,
        Kind.PERSON,
        in_form=True,
        in_list=True,
        admin_section="People",
        lookups=OPTIONAL,
    )


FIELDS = (
    _computed("id"),
    _computed("reference", *SAME, exportable=True, in_list=True, section="Risk"),
    RiskField("title", Kind.TEXT, "Risk", in_form=True, in_list=True, admin_section="Risk"),
    RiskField("description", Kind.TEXT, in_form=True, in_list=True, admin_section="Risk"),
    RiskField(
        "status", Kind.STATUS, in_form=True, in_list=True, admin_section="Risk", lookups=SAME
    ),
    RiskField(
        "category", Kind.ROW, in_form=True, in_list=True, admin_section="Risk", lookups=OPTIONAL
    ),
    _computed("category_name"),
    _person("owner"),
    RiskField("owner_name", Kind.TEXT, admin_section="People"),
    _person("assignee"),
    _person("reviewer"),
    _computed("former_members"),
    RiskField(
        "treatment",
        Kind.CHOICE,
        in_form=True,
        in_list=True,
        admin_section="Treatment",
        lookups=SAME,
    ),
    *(
        field
        for kind in KINDS
        for field in (
            _rating(f"{kind}_likelihood"),
            _rating(f"{kind}_impact"),
            _computed(f"{kind}_score", *NUMBER, exportable=True),
            _computed(f"{kind}_level", *OPTIONAL, exportable=True, in_list=True),
        )
    ),
    _computed("current_likelihood", *NUMBER),
    _computed("current_impact", *NUMBER),
    _computed("current_score", *NUMBER, exportable=True),
    _computed("current_level", *OPTIONAL, exportable=True, in_list=True),
    _computed("priority", *TIME, in_list=True, section="Assessment"),
    RiskField("source_ratings", Kind.FIGURE, "The source says", admin_section="Assessment"),
    RiskField("derived_ratings", Kind.FIGURE, "Derived from", admin_section="Assessment"),
    RiskField("tags", Kind.LINKS, in_form=True, in_list=True, admin_section="Risk"),
    RiskField("assets", Kind.LINKS, in_form=True, in_list=True, admin_section="Treatment"),
    RiskField("controls", Kind.LINKS, in_form=True, in_list=True, admin_section="Treatment"),
    _computed("source", *SAME, in_list=True, section="Origin"),
    _computed("source_name", *SAME, exportable=True, in_list=True, section="Origin"),
    RiskField(
        "external_id", Kind.ID, in_form=True, in_list=True, admin_section="Origin", lookups=SAME
    ),
    RiskField("extra", Kind.EXTRA, admin_section="Origin"),
    RiskField(
        "custom_fields",
        Kind.CUSTOM,
        importable=False,
        exportable=False,
        admin_section="Custom fields",
    ),
    RiskField(
        "review_interval_days",
        Kind.NUMBER,
        "Review interval (days)",
        in_form=True,
        in_list=True,
        admin_section="Review",
    ),
    RiskField(
        "next_review_at",
        Kind.TIME,
        "Next review",
        in_form=True,
        in_list=True,
        admin_section="Review",
        lookups=OPTIONAL_TIME,
    ),
    _computed("last_reviewed_at", *OPTIONAL_TIME, exportable=True, in_list=True, section="Review"),
    RiskField("comment", Kind.COMMENT, "Reason", importable=False, exportable=False, in_form=True),
    _computed("version"),
    _computed("created_at", *TIME, exportable=True, in_list=True),
    _computed("updated_at", *TIME, exportable=True, in_list=True),
)
FIELD = {field.name: field for field in FIELDS}


def field_names(*kinds: Kind, **flags: bool | str) -> tuple[str, ...]:
    """Return the names of the fields of these kinds (by default any) with these attributes."""
    return tuple(
        field.name
        for field in FIELDS
        if (not kinds or field.kind in kinds)
        and all(getattr(field, flag) == value for flag, value in flags.items())
    )


RATINGS = field_names(Kind.RATING)
PEOPLE = field_names(Kind.PERSON)
LINKS = field_names(Kind.LINKS)
COMPUTED = field_names(is_writable=False)

# A file begins with what names the risk and says what it is.
_EXPORTED_FIRST = ("reference", "external_id", "source_name", "title", "description", "category")
EXPORT_COLUMNS = (
    *_EXPORTED_FIRST,
    *(
        name
        for name in field_names(exportable=True)
        if name not in _EXPORTED_FIRST and name != "extra"
    ),
)

# --- Headers of files: our own export writes them, and imports recognize them

# Scores and levels: read from other registers only to compare them with ours.
FIGURES = tuple(f"{kind}_{part}" for kind in KINDS for part in ("score", "level"))
# What registers say about a risk beyond its fields: parts of a description, and a plan.
REGISTER_FIELDS = ("threat", "vulnerability", "existing_controls", "treatment_plan", "due_date")
# The fields that a column of a register can give, whether our export or another one wrote it.
IMPORT_FIELDS = (
    *("reference", "external_id"),
    *(name for name in field_names(importable=True) if name not in {"external_id", "extra"}),
    *(*REGISTER_FIELDS, *FIGURES),
)
LEAVE_OUT = "leave_out"  # what a caller maps a column to that is not imported at all
CUSTOM_PREFIX = "custom_fields__"  # of the name of a custom field, before its key
RELATIONS_COLUMN = "related_risks"  # of an export: "duplicates: R-0003; causes: R-0007"
# Columns of an export that an import ignores: the register computes them itself.
EXPORTED_ONLY = frozenset(
    {*COMPUTED, "number", RELATIONS_COLUMN} - {*IMPORT_FIELDS, "category_name"}
)

_OWN_ALWAYS = frozenset({"reference", "title"})
_OWN_SOME = frozenset({"external_id", "owner_name", "next_review_at", "source_name", *RATINGS})
_OWN_ENOUGH = 3
_EXTRA_PREFIX = "extra: "


def is_own_export(headers: Iterable[str]) -> bool:
    """Whether our export wrote a file with these headers, so that its names are exact."""
    names = set(headers)
    return names >= _OWN_ALWAYS and len(names & _OWN_SOME) >= _OWN_ENOUGH


def extra_header(name: str) -> str:
    """The header of a key in `extra`; `extra_name` is the inverse."""
    taken = name in IMPORT_FIELDS or name in EXPORTED_ONLY or name.startswith(_EXTRA_PREFIX)
    return _EXTRA_PREFIX + name if taken else name


def extra_name(header: str) -> str:
    """The key in `extra` for a column of our export, which marks names that fields have too."""
    return header.removeprefix(_EXTRA_PREFIX) or header
