"""Rows that people choose by typing: people, assets, controls, risks and tags.

The field on the page is text, a row on each line or between commas, as a person would type it. A
script offers the rows that match while they type; the text it writes is read in the same way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Organization, Role, User
from openrisk.api.filters import MAX_SEARCH
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.text.folding import FoldedLines, filter_by_words
from openrisk.text.names import name_key
from risks.models import Asset, Control, Risk, RiskTag

MAX_RESULTS = 20
LONGEST_IDENTIFIER = 8  # words of an identifier that may stand before the title of a control


@dataclass
class ResolvedLines:
    """The rows that were typed, lines that name none, and sentences on those that name several."""

    rows: list[Any] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


class ChoiceKind:
    """A kind of rows to choose from."""

    def rows(self, organization: Organization) -> Any:
        raise NotImplementedError

    def search(self, organization: Organization, query: str) -> Any:
        """Return the rows that match, in the order in which they are offered."""
        return self.rows(organization).search(query)

    def text(self, row: Any) -> str:
        """Return the text that names this row and no other one of the organization."""
        return str(row)

    def label(self, row: Any) -> str:
        return self.text(row)

    def note(self, row: Any) -> str:
        """Return what tells rows of a similar name apart."""
        return ""

    def candidates(self, organization: Organization, lines: list[str]) -> Iterable[Any]:
        """Return the rows that one of the lines may name."""
        raise NotImplementedError

    def names(self, row: Any) -> set[str]:
        """Return the keys of all texts that name the row, if no other row has them."""
        return {name_key(self.text(row))}

    def resolve(self, organization: Organization, lines: list[str]) -> ResolvedLines:
        """Find the row of each line; a line that names none is read again as names with commas."""
        by_name, by_id = self.index(organization, lines)
        if parts := [
            part
            for line in lines
            if "," in line and not (by_name.get(name_key(line)) or line in by_id)
            for part in split_commas(line)
        ]:
            more_names, more_ids = self.index(organization, parts)
            by_name = {**more_names, **by_name}
            by_id |= more_ids
        resolved = ResolvedLines()
        for line in lines:
            is_known = line in by_id or by_name.get(name_key(line))
            for text in [line] if is_known else split_commas(line):
                rows = [by_id[text]] if text in by_id else by_name.get(name_key(text), [])
                self.add(resolved, text, rows)
        resolved.rows = list({row.pk: row for row in resolved.rows}.values())
        return resolved

    def index(
        self, organization: Organization, lines: list[str]
    ) -> tuple[dict[str, list[Any]], dict[str, Any]]:
        """Return the candidates by the names they have, and by their id as it was typed."""
        ids = {line: pk for line in lines if (pk := parse_id(line))}
        by_pk = {row.pk: row for row in self.rows(organization).filter(pk__in=ids.values())}
        by_id = {line: by_pk[pk] for line, pk in ids.items() if pk in by_pk}
        by_name: dict[str, list[Any]] = {}
        names = [line for line in lines if line not in ids]
        for row in self.candidates(organization, names) if names else ():
            for name in self.names(row):
                by_name.setdefault(name, []).append(row)
        return by_name, by_id

    def add(self, resolved: ResolvedLines, text: str, rows: list[Any]) -> None:
        if not rows:
            resolved.unknown.append(text)
        elif len(rows) == 1:
            resolved.rows.append(rows[0])
        else:
            names = ", ".join(f"“{self.text(row)}”" for row in rows[:5])
            resolved.ambiguous.append(
                _("“%(text)s” can be any of %(names)s. Write one of these.")
                % {"text": text, "names": names}
            )


def split_commas(line: str) -> list[str]:
    return [part for text in line.split(",") if (part := text.strip())]


def parse_id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


class PeopleChoices(ChoiceKind):
    """The members, by name or e-mail address."""

    def rows(self, organization: Organization) -> Any:
        members = User.objects.filter(memberships__organization=organization, is_active=True)
        return members.order_by("name", "email")

    def search(self, organization: Organization, query: str) -> Any:
        return filter_by_words(self.rows(organization), query, FoldedLines("name", "email"))

    def text(self, row: Any) -> str:
        return f"{row.name} <{row.email}>" if row.name else row.email

    def label(self, row: Any) -> str:
        return str(row)

    def note(self, row: Any) -> str:
        return row.email if row.name else ""

    def candidates(self, organization: Organization, lines: list[str]) -> Iterable[Any]:
        condition = Q()
        for line in lines:
            address = line.rpartition("<")[2].rstrip(">").strip()
            condition |= Q(name__iexact=line) | Q(email__iexact=address)
        return self.rows(organization).filter(condition)

    def names(self, row: Any) -> set[str]:
        return {name_key(name) for name in (row.name, row.email, self.text(row)) if name}


class AssetChoices(ChoiceKind):
    def rows(self, organization: Organization) -> Any:
        return Asset.objects.for_organization(organization).order_by("name", "id")

    def note(self, row: Any) -> str:
        return _("criticality %(value)s") % {"value": row.get_criticality_display().lower()}

    def candidates(self, organization: Organization, lines: list[str]) -> Iterable[Any]:
        return self.rows(organization).filter(name_key__in={name_key(line) for line in lines})


class ControlChoices(ChoiceKind):
    """Controls, by identifier, with the title, and with the framework where two have both."""

    def rows(self, organization: Organization) -> Any:
        controls = Control.objects.for_organization(organization).select_related("framework")
        return controls.order_by("identifier", "id")

    def text(self, row: Any) -> str:
        return f"{row} ({row.framework})"

    def label(self, row: Any) -> str:
        return str(row)

    def note(self, row: Any) -> str:
        return f"{row.framework} · {row.get_status_display().lower()}"

    def candidates(self, organization: Organization, lines: list[str]) -> Iterable[Any]:
        identifiers = set()
        for line in lines:
            words = line.split()
            identifiers |= {
                " ".join(words[:count])
                for count in range(1, min(len(words), LONGEST_IDENTIFIER) + 1)
            }
        condition = Q(identifier__in=identifiers) | Q(title__in=lines)
        return self.rows(organization).filter(condition)

    def names(self, row: Any) -> set[str]:
        names = (row.identifier, row.title, str(row), self.text(row))
        return {name_key(name) for name in names if name}


class RiskChoices(ChoiceKind):
    """Risks, by reference; what follows it is not read."""

    def rows(self, organization: Organization) -> Any:
        return Risk.objects.for_organization(organization).order_by("-number")

    def note(self, row: Any) -> str:
        return str(row.get_status_display())

    def resolve(self, organization: Organization, lines: list[str]) -> ResolvedLines:
        shortened = [
            line.split()[0] if line[:2].upper() == "R-" and "," not in line.split()[0] else line
            for line in lines
        ]
        return super().resolve(organization, shortened)

    def candidates(self, organization: Organization, lines: list[str]) -> Iterable[Any]:
        return self.rows(organization).filter(reference__in={line.upper() for line in lines})

    def names(self, row: Any) -> set[str]:
        return {name_key(row.reference), name_key(self.text(row))}


@dataclass(frozen=True)
class TagName:
    """A tag that risks have, and how many of them."""

    name: str
    count: int

    def __str__(self) -> str:
        return self.name


class TagChoices(ChoiceKind):
    """Tags, which need not exist before."""

    def search(self, organization: Organization, query: str) -> Any:
        tags = RiskTag.objects.for_organization(organization)
        named = tags.filter(name_key__contains=name_key(query)).order_by()
        counted = named.values("name_key").annotate(name=Min("name"), count=Count("pk"))
        ordered = counted.order_by("-count", "name_key")[: MAX_RESULTS + 1]
        return [TagName(row["name"], row["count"]) for row in ordered]

    def note(self, row: Any) -> str:
        return f"{row.count:,}"


KINDS: dict[str, ChoiceKind] = {
    "people": PeopleChoices(),
    "assets": AssetChoices(),
    "controls": ControlChoices(),
    "risks": RiskChoices(),
    "tags": TagChoices(),
}


@require_safe
@member_required(Role.VIEWER)
def search_choices(request: MemberRequest, kind: str) -> JsonResponse:
    """Return the first rows of a kind that match `q`: `text` to enter, `label` and `note` to read.

    `more` says whether there are further ones.
    """
    if kind not in KINDS:
        raise Http404
    choices = KINDS[kind]
    query = request.GET.get("q", "")[:MAX_SEARCH]
    rows = list(choices.search(request.membership.organization, query)[: MAX_RESULTS + 1])
    results = [
        {"text": choices.text(row), "label": choices.label(row), "note": choices.note(row)}
        for row in rows[:MAX_RESULTS]
    ]
    return JsonResponse({"results": results, "more": len(rows) > MAX_RESULTS})
