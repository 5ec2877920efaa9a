"""Says in a sentence what an action did to a row: "set treatment to Mitigate".

`clauses_of` is the one place for these words; `risks.history.entries` joins them. A field that is
computed from others is not named beside what caused it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from risks.history.descriptions import (
    FieldChange,
    Names,
    find_column,
    label_of,
    value_in_words,
)
from risks.history.recorded_models import link_fields
from risks.models import ChangeAction, Level
from risks.scoring import KINDS

RISK, ACCEPTANCE, ACTION = "risks.risk", "risks.acceptance", "risks.mitigationaction"
FINDING = "risks.finding"
LONGEST_VALUE = 80  # in a sentence; details have all of it
# Computed by us from other fields of the row, which the history has.
DERIVED_FIELDS: Mapping[str, frozenset[str]] = {
    RISK: frozenset(
        {"current_likelihood", "current_impact", "current_score", "current_level", "priority"}
        | {f"{kind}_{part}" for kind in KINDS for part in ("score", "level")}
    ),
    ACTION: frozenset({"done_by"}),
    "risks.mitigation": frozenset(
        {"implemented_by", "implemented_at", "validated_by", "validated_at", "validation_reason"}
    ),
    ACCEPTANCE: frozenset(
        {"approver", "decided_at", "decision_comment"}
        | {f"requested_{name}" for name in ("score", "level", "title", "description")}
    ),
}
# They say nothing to a person, or what the entry says anyway.
SILENT_FIELDS: Mapping[str, frozenset[str]] = {
    RISK: frozenset({"reference", "number", "source", "source_name"}),
    "risks.mitigation": frozenset({"reference", "number", "risk"}),
    ACTION: frozenset({"mitigation", "order"}),
    ACCEPTANCE: frozenset({"risk", "requester"}),
    FINDING: frozenset({"fingerprint", "decided_by", "decided_at", "proposal"}),
}


@dataclass(frozen=True)
class Subject:
    """A row as a sentence names it: "the risk", "mitigation M-0001".

    Fields of the `main` one, whose history is shown, need no "of ...".
    """

    noun: str
    is_main: bool = False


@dataclass(frozen=True)
class MergedChange:
    """All that one action did to one row.

    `fields` has (before, after) by name; of links the values that were removed and added.
    """

    model: str
    action: str
    fields: Mapping[str, tuple[Any, Any]]


def clauses_of(change: MergedChange, subject: Subject, names: Names) -> list[str]:
    """Return what was done, each as a clause: "set treatment to Mitigate"."""
    if change.action == ChangeAction.CREATED:
        return [_creation(change, subject, names)]
    if change.action == ChangeAction.DELETED:
        return [_("deleted %(row)s") % {"row": subject.noun}]
    fields = visible_fields(change)
    clauses = []
    for claim in (*_CLAIMS.get(change.model, ()), _claim_status):
        clauses += claim(fields, change, subject, names)
    return [
        *clauses,
        *(_field_clause(name, fields[name], change, subject, names) for name in fields),
    ]


def visible_fields(change: MergedChange) -> dict[str, tuple[Any, Any]]:
    """Return the fields to name: without those that follow from others that changed too."""
    silent = SILENT_FIELDS.get(change.model, frozenset())
    fields = {name: pair for name, pair in change.fields.items() if name not in silent}
    derived = DERIVED_FIELDS.get(change.model, frozenset())
    if causes := {name: pair for name, pair in fields.items() if name not in derived}:
        return causes
    # Only computed ones: the matrix or the assets have changed.
    levels = {
        f"{kind}_level": fields[f"{kind}_level"] for kind in KINDS if f"{kind}_level" in fields
    }
    return levels or fields


# --- Creation ------------------------------------------------------------------------------------
def _creation(change: MergedChange, subject: Subject, names: Names) -> str:
    values = {"row": subject.noun}
    if change.model == "risks.mitigation":
        return _("planned %(row)s") % values
    if change.model == ACTION:
        return _("added %(row)s") % values
    if change.model == ACCEPTANCE:
        return _("requested an acceptance until %(day)s") % {
            "day": _words(change, "expires_at", names)[1]
        }
    if change.model == RISK and change.fields.get("status", ("", ""))[1] == "draft":
        return _("created %(row)s as a draft") % values
    return _("created %(row)s") % values


# --- Groups of fields that one clause says; each takes its fields out of `fields` ----------------
Fields = dict[str, tuple[Any, Any]]


def _claim_status(
    fields: Fields, change: MergedChange, subject: Subject, names: Names
) -> list[str]:
    if "status" not in fields:
        return []
    before, after = _words(change, "status", names)
    del fields["status"]
    values = {"row": subject.noun, "before": before, "after": after}
    return [_("moved %(row)s from %(before)s to %(after)s") % values]


def _claim_ratings(
    fields: Fields, change: MergedChange, subject: Subject, names: Names
) -> list[str]:
    clauses = []
    confirmed = fields.pop("derived_ratings", None)
    for kind in KINDS:
        parts = (f"{kind}_likelihood", f"{kind}_impact")
        if fields.keys().isdisjoint(parts):
            if confirmed and kind in (confirmed[0] or {}) and kind not in (confirmed[1] or {}):
                clauses.append(_("confirmed the %(kind)s rating") % {"kind": kind})
            continue
        for part in parts:
            fields.pop(part, None)
        rating = rating_in_words(change.fields, kind, 1)
        if rating:
            values = {"kind": kind, "rating": rating}
            clauses.append(_("rated the %(kind)s risk %(rating)s") % values)
        else:
            clauses.append(_("removed the %(kind)s rating") % {"kind": kind})
    return clauses


def _claim_review(
    fields: Fields, change: MergedChange, subject: Subject, names: Names
) -> list[str]:
    if "last_reviewed_at" not in fields:
        return []
    del fields["last_reviewed_at"]
    clauses = [_("reviewed %(row)s") % {"row": subject.noun}]
    if fields.pop("next_review_at", (None, None))[1]:
        day = _words(change, "next_review_at", names)[1].partition(",")[0]
        clauses.append(_("planned the next review for %(day)s") % {"day": day})
    return clauses


def _claim_done(fields: Fields, change: MergedChange, subject: Subject, names: Names) -> list[str]:
    if "done_at" not in fields:
        return []
    is_done = fields.pop("done_at")[1]
    text = _("completed %(row)s") if is_done else _("reopened %(row)s")
    return [text % {"row": subject.noun}]


def _claim_decision(
    fields: Fields, change: MergedChange, subject: Subject, names: Names
) -> list[str]:
    if "status" not in fields:
        return []
    texts = {
        "approved": _("approved %(row)s"),
        "rejected": _("rejected %(row)s"),
        "revoked": _("revoked %(row)s"),
        "expired": _("ended %(row)s, which has expired"),
    }
    if (text := texts.get(fields["status"][1])) is None:
        return []
    del fields["status"]
    return [text % {"row": subject.noun}]


def _claim_finding(
    fields: Fields, change: MergedChange, subject: Subject, names: Names
) -> list[str]:
    """Say the decision with its end; its reason is shown below the sentence."""
    fields.pop("decision_reason", None)
    until = fields.pop("decided_until", (None, None))[1]
    day = _words(change, "decided_until", names)[1]
    if "state" not in fields:
        return [_("changed the end of the decision to %(day)s") % {"day": day}] if until else []
    texts = {
        "accepted": _("accepted %(row)s"),
        "false_positive": _("called %(row)s a false positive"),
        "open": _("opened %(row)s again"),
        "resolved": _("resolved %(row)s"),
    }
    text = texts[fields.pop("state")[1]] % {"row": subject.noun}
    return [_("%(text)s until %(day)s") % {"text": text, "day": day} if until else text]


Claim = Callable[[Fields, MergedChange, Subject, Names], list[str]]
_CLAIMS: dict[str, tuple[Claim, ...]] = {
    RISK: (_claim_review, _claim_ratings),
    ACTION: (_claim_done,),
    ACCEPTANCE: (_claim_decision,),
    FINDING: (_claim_finding,),
}


# --- Any other field -----------------------------------------------------------------------------
def _field_clause(
    name: str, pair: tuple[Any, Any], change: MergedChange, subject: Subject, names: Names
) -> str:
    label = _inside_sentence(label_of(change.model, name, names))
    if not subject.is_main:
        label = _("%(field)s of %(row)s") % {"field": label, "row": subject.noun}
    before, after = _words(change, name, names)
    if name in link_fields(change.model):
        texts = []
        if after:
            texts.append(_("added %(values)s to %(field)s") % {"values": after, "field": label})
        if before:
            texts.append(
                _("removed %(values)s from %(field)s") % {"values": before, "field": label}
            )
        return join_clauses(texts)
    if change.model == RISK and name in DERIVED_FIELDS[RISK]:
        return _("now has another %(field)s: %(after)s instead of %(before)s") % {
            "field": label,
            "before": before or _("none"),
            "after": after or _("none"),
        }
    if not after:
        return _("cleared %(field)s") % {"field": label}
    if isinstance(pair[1], dict | list) or len(after) > LONGEST_VALUE or "\n" in after:
        return _("changed %(field)s") % {"field": label}
    return _("set %(field)s to %(value)s") % {"field": label, "value": after}


def _words(change: MergedChange, name: str, names: Names) -> tuple[str, str]:
    """Return the value before and after in words; of links the removed and the added ones."""
    column = find_column(change.model, name)[1]
    before, after = change.fields.get(name, (None, None))
    if name in link_fields(change.model):
        removed, added = (
            sorted(value_in_words(column, value, names) for value in values)
            for values in (before or (), after or ())
        )
        return join_clauses(removed), join_clauses(added)
    return value_in_words(column, before, names), value_in_words(column, after, names)


def _inside_sentence(label: str) -> str:
    """The label of a field without its capital, unless it is an abbreviation: "CVSS"."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def join_clauses(clauses: list[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    if len(clauses) < 2:
        return "".join(clauses)
    return _("%(others)s and %(last)s") % {"others": ", ".join(clauses[:-1]), "last": clauses[-1]}


# --- Details -------------------------------------------------------------------------------------
def describe_merged(change: MergedChange, names: Names) -> list[FieldChange]:
    """Return the changed fields with their values in words; a rating is one of them."""
    fields = visible_fields(change)
    if change.action == ChangeAction.CREATED:
        fields.pop("status", None)
    details = []
    if change.model == RISK:
        for kind in KINDS:
            parts = [fields.pop(f"{kind}_{part}", None) for part in ("likelihood", "impact")]
            if any(parts):
                before, after = (rating_in_words(change.fields, kind, side) for side in (0, 1))
                label = _("%(kind)s risk") % {"kind": kind.capitalize()}
                details.append(FieldChange(label, before, after))
    for name in fields:
        before, after = _words(change, name, names)
        if before != after:
            details.append(FieldChange(label_of(change.model, name, names), before, after))
    return details


def rating_in_words(fields: Mapping[str, tuple[Any, Any]], kind: str, side: int) -> str:
    """Return "3 x 4, Medium 12", as far as the change has it; "" without a rating.

    `side` is 0 for before and 1 for after. The factor that did not change follows from the score.
    """
    likelihood, impact, score, level = (
        fields.get(f"{kind}_{part}", (None, None))[side]
        for part in ("likelihood", "impact", "score", "level")
    )
    if score:
        likelihood = likelihood or (score // impact if impact else None)
        impact = impact or (score // likelihood if likelihood else None)
    if likelihood and impact:
        rating = f"{likelihood} × {impact}"  # noqa: RUF001  the sign of multiplication
        total = likelihood * impact
        if level:
            return f"{rating}, {Level(level).label} {total}"
        return _("%(rating)s, score %(score)s") % {"rating": rating, "score": total}
    if likelihood:
        return _("likelihood %(value)s") % {"value": likelihood}
    return _("impact %(value)s") % {"value": impact} if impact else ""
