"""Named reads. Every read of an organization's rows begins with one of the two scopes here."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from openrisk.accounts.models import Membership, Organization, User
from openrisk.text.folding import SearchColumn, TitleColumn, filter_by_words
from risks import overdue
from risks.overdue import DRAFT, FINISHED, NOT_OPEN

FAR_FUTURE = datetime(9999, 12, 31, tzinfo=UTC)
DUE_SOON = timedelta(days=14)  # how far "My work" and the reminder look ahead


class OrganizationRowQuerySet(models.QuerySet[Any]):
    """Rows of organization-owned models."""

    def for_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def for_user(self, user: User) -> Self:
        """Rows of every organization the person belongs to; all rows for a superuser."""
        if user.is_superuser:
            return self.all()
        return self.filter(
            organization__in=Membership.objects.filter(user=user).values("organization")
        )


# The orders a list of risks offers. Nothing is null in them, so that "not assessed" sorts below
# every score and "no review planned" after every date, on PostgreSQL and SQLite alike, and keyset
# paging can compare them. Each has an index (organization, order, id).
RISK_ORDERS: dict[str, Combinable] = {
    "reference": F("number"),
    "title": F("title"),
    "status": F("status"),
    "current_score": Coalesce("current_score", 0),
    "inherent_score": Coalesce("inherent_score", 0),
    "residual_score": Coalesce("residual_score", 0),
    "priority": Coalesce("priority", Value(0), output_field=models.DecimalField()),
    "next_review_at": Coalesce("next_review_at", Value(FAR_FUTURE)),
    "created_at": F("created_at"),
    "updated_at": F("updated_at"),
}

MITIGATION_ORDERS: dict[str, Combinable] = {
    "reference": F("number"),
    "title": F("title"),
    "status": F("status"),
    "due_date": Coalesce("due_date", Value(FAR_FUTURE.date())),
    "cost": Coalesce("cost", Value(0), output_field=models.DecimalField()),
    "created_at": F("created_at"),
    "updated_at": F("updated_at"),
}
ACTION_ORDERS: dict[str, Combinable] = {
    "order": F("order"),
    "due_date": Coalesce("due_date", Value(FAR_FUTURE.date())),
}
CRITICALITIES = ("low", "medium", "high", "critical")
ASSET_ORDERS: dict[str, Combinable] = {
    **{name: F(name) for name in ("name", "created_at", "updated_at")},
    "criticality": Case(
        *(When(criticality=value, then=Value(rank)) for rank, value in enumerate(CRITICALITIES)),
        default=Value(0),
        output_field=models.IntegerField(),
    ),
}
CONTROL_ORDERS = {
    name: F(name) for name in ("identifier", "sort_key", "title", "status", "updated_at")
}
SEVERITIES = ("info", "low", "medium", "high", "critical")  # the least severe first
FINDING_ORDERS: dict[str, Combinable] = {
    "severity": Case(
        *(When(severity=severity, then=Value(rank)) for rank, severity in enumerate(SEVERITIES)),
        default=Value(0),
        output_field=models.IntegerField(),
    ),
    "epss": Coalesce("epss", Value(0), output_field=models.DecimalField()),
    **{name: F(name) for name in ("last_seen_at", "first_seen_at", "state", "rule")},
}


def person_label(person: str) -> Combinable:
    """Return the expression for the name of a person, or the e-mail address without one."""
    return Coalesce(
        NullIf(f"{person}__name", Value("")), f"{person}__email", output_field=models.CharField()
    )


def owner_label(owner: str = "owner", owner_name: str = "owner_name") -> Combinable:
    """Return the expression for `Risk.owner_label`; null or "" without an owner."""
    return Coalesce(person_label(owner), owner_name, output_field=models.CharField())


_REFERENCE = re.compile(r"R-(\d{1,9})", re.IGNORECASE)
_MITIGATION_REFERENCE = re.compile(r"M-(\d{1,9})", re.IGNORECASE)


def has_left(person: str) -> Q:
    """Return the condition that a row names a person who is no longer a member."""
    members = Membership.objects.filter(
        user=OuterRef(person), organization=OuterRef("organization")
    )
    return Q(**{f"{person}__isnull": False}) & ~Q(Exists(members))


class SearchedQuerySet(OrganizationRowQuerySet):
    """Rows that are found by the words of some columns; the table has `search_text` of them.

    `titled` are the columns that name a row, of which the table has `search_title`.
    """

    searched: tuple[str, ...] = ()
    titled: tuple[str, ...] = ("title",)

    def search(self, text: str) -> Self:
        """Rows with every word of `text`, wherever it stands (see `filter_by_words`)."""
        return filter_by_words(self, text, SearchColumn(*self.searched))

    def search_titles(self, text: str) -> Self:
        """Rows with every word of `text` in what names them: an index alone answers this."""
        return filter_by_words(self, text, TitleColumn(*self.titled))


class RiskQuerySet(SearchedQuerySet):
    """Reads of the register."""

    searched = ("title", "description", "owner_name", "external_id")

    def open(self) -> Self:
        """Neither draft nor closed."""
        return self.exclude(status__in=NOT_OPEN)

    def review_overdue(self) -> Self:
        """Open, and the planned review has passed without one (see `risks.overdue`)."""
        return self.filter(overdue.review_overdue(timezone.now()))

    def of_former_members(self) -> Self:
        """Return those whose owner, assignee or reviewer is no longer a member."""
        return self.filter(has_left("owner") | has_left("assignee") | has_left("reviewer"))

    def watched_by(self, user_id: Any) -> Self:
        """Those that the person watches."""
        watches = apps.get_model("risks", "Watch").objects.filter(user=user_id)
        return self.filter(pk__in=watches.filter(risk__isnull=False).values("risk"))

    def review_due(self, until: datetime) -> Self:
        """Open, and to be reviewed before `until`. Adds `review_by`: the reviewer, or the owner
        where no reviewer is named. "My work" and the reminder both ask this."""
        due = self.open().filter(next_review_at__lt=until)
        return due.annotate(review_by=Coalesce("reviewer", "owner"))

    def reviewed_by(self, user: User) -> Self:
        """Those of which the person is the reviewer, or the owner where no reviewer is named.

        Same as `review_by` of `review_due`, by the indexes of both columns.
        """
        return self.filter(Q(reviewer=user) | Q(reviewer=None, owner=user))

    def review_not_overdue(self) -> Self:
        """All others."""
        return self.filter(overdue.review_not_overdue(timezone.now()))

    def search(self, text: str) -> Self:
        """Risks with every word of `text`, or whose reference or external id it is."""
        if reference := _REFERENCE.fullmatch(text.strip()):
            return self.filter(Q(number=int(reference[1])) | Q(external_id=text.strip()))
        return super().search(text)


def valid_at(moment: datetime | None = None) -> Q:
    """Return the condition on a ledger's rows that they were valid at `moment`, or are now."""
    if moment is None:
        return Q(until=None)
    return (Q(until=None) | Q(until__gt=moment)) & Q(at__lte=moment, deleted=False)


class LedgerQuerySet(OrganizationRowQuerySet):
    """Reads of the score ledger. Its columns are named as the risk's, so that the same figure can
    be asked of either."""

    def current(self) -> Self:
        """The rows that are valid now: one for each risk there is."""
        return self.filter(valid_at())

    def as_of(self, moment: datetime) -> Self:
        """The rows that were valid at `moment`: one for each risk there was."""
        return self.filter(valid_at(moment))

    def open(self) -> Self:
        """Neither draft nor closed."""
        return self.exclude(status__in=NOT_OPEN)


class AssetQuerySet(SearchedQuerySet):
    searched = ("name", "description", "external_id")
    titled = ("name",)


class ControlQuerySet(SearchedQuerySet):
    searched = ("identifier", "title", "text")
    titled = ("identifier", "title")

    def with_evidence(self, valid_until: Q | None = None) -> Self:
        """Those with a file as evidence; of files where their day of expiry is so."""
        return self.filter(Exists(_evidence_of_control(valid_until or Q())))

    def without_evidence(self) -> Self:
        return self.exclude(Exists(_evidence_of_control(Q())))

    def with_risks(self) -> Self:
        """Those that act on a risk."""
        return self.filter(Exists(_risks_of_control()))

    def without_risks(self) -> Self:
        return self.exclude(Exists(_risks_of_control()))


def _evidence_of_control(condition: Q) -> Any:
    links = apps.get_model("risks", "AttachmentLink").objects.filter(control=OuterRef("pk"))
    return links.filter(condition)


def _risks_of_control() -> Any:
    return apps.get_model("risks", "RiskControl").objects.filter(control=OuterRef("pk"))


class FindingQuerySet(SearchedQuerySet):
    searched = ("rule", "title", "location")


class MitigationQuerySet(SearchedQuerySet):
    searched = ("title", "description")

    def search(self, text: str) -> Self:
        """Mitigations with every word of `text`, or whose reference it is."""
        if reference := _MITIGATION_REFERENCE.fullmatch(text.strip()):
            return self.filter(number=int(reference[1]))
        return super().search(text)

    def active(self) -> Self:
        """Not cancelled."""
        return self.exclude(status="cancelled")

    def of_draft_risks(self) -> Self:
        """Of risks that are drafts still: figures leave them out, as they leave out the risk."""
        return self.filter(risk__status=DRAFT)

    def without_draft_risks(self) -> Self:
        """All but those of drafts, as figures count; `FigureScope` does the same to the ledger."""
        return self.exclude(risk__status=DRAFT)

    def overdue(self) -> Self:
        """Due before today and neither done nor cancelled (see `risks.overdue`)."""
        return self.filter(overdue.mitigation_overdue(timezone.now().date()))

    def to_validate_by(self, user: User) -> Self:
        """In review, and neither owned by the person nor reported implemented by them."""
        others = self.filter(status="review")
        return others.exclude(owner=user).exclude(implemented_by=user)

    def open(self) -> Self:
        """Neither done nor cancelled."""
        return self.exclude(status__in=FINISHED)

    def due_by(self, day: date) -> Self:
        """Open, and due on that day or before it."""
        return self.open().filter(due_date__lte=day)

    def watched_by(self, user_id: Any) -> Self:
        """Those that the person watches."""
        watches = apps.get_model("risks", "Watch").objects.filter(user=user_id)
        return self.filter(pk__in=watches.filter(mitigation__isnull=False).values("mitigation"))

    def with_progress(self) -> Self:
        """Add `actions_total` and `actions_done`, from which progress is computed."""
        return self.annotate(
            actions_total=_actions_counted(), actions_done=_actions_counted(done=True)
        )


def _actions_counted(*, done: bool = False) -> Combinable:
    """A subquery, not a join: joins would multiply rows and make the page query slow."""
    actions = apps.get_model("risks", "MitigationAction").objects.filter(mitigation=OuterRef("pk"))
    if done:
        actions = actions.filter(done_at__isnull=False)
    counts = actions.order_by().values("mitigation").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counts), 0)


class ActionQuerySet(OrganizationRowQuerySet):
    def open(self) -> Self:
        return self.filter(done_at__isnull=True)

    def pending(self) -> Self:
        """Open, of mitigations that are neither done nor cancelled."""
        return self.open().exclude(mitigation__status__in=FINISHED)

    def overdue(self) -> Self:
        """Pending, and due before today."""
        return self.pending().filter(due_date__lt=timezone.now().date())

    def with_responsible(self) -> Self:
        """Add `responsible`: the assignee, else the owner of the mitigation, else the assignee of
        its risk. "My work" and the reminder both ask this."""
        return self.annotate(
            responsible=Coalesce("assignee", "mitigation__owner", "mitigation__risk__assignee")
        )

    def of_person(self, user: User | UUID) -> Self:
        """Those that the person is responsible for, as `with_responsible` decides."""
        unassigned = self.order_by().filter(assignee=None)
        # Each of the three by indexes; one condition would read all actions.
        own = unassigned.filter(mitigation__owner=user)
        of_risks = unassigned.filter(mitigation__owner=None, mitigation__risk__assignee=user)
        assigned = self.order_by().filter(assignee=user).values("pk")
        return self.filter(pk__in=assigned.union(own.values("pk"), of_risks.values("pk")))

    def due_by(self, day: date) -> Self:
        """Pending, and due on that day or before it, in the order of an index."""
        return self.pending().alias(_due=ACTION_ORDERS["due_date"]).filter(_due__lte=day)

    def waiting(self) -> Self:
        """Those that cannot be done yet: an action that they depend on is open."""
        links = apps.get_model("risks", "ActionDependency").objects
        return self.filter(
            Exists(links.filter(action=OuterRef("pk"), depends_on__done_at__isnull=True))
        )


class AcceptanceQuerySet(OrganizationRowQuerySet):
    def to_decide_by(self, user: User) -> Self:
        """Requested by someone else."""
        return self.filter(status="requested").exclude(requester=user)

    def made_by(self, user: User) -> Self:
        return self.filter(requester=user)

    def undecided_or_since(self, moment: datetime) -> Self:
        """Those that wait for a decision, and those decided or ended since then."""
        return self.filter(Q(status="requested") | Q(decided_at__gte=moment))

    def ending_by(self, moment: datetime) -> Self:
        """Approved, and over at that moment."""
        return self.filter(status="approved", expires_at__lte=moment)


class WatchQuerySet(OrganizationRowQuerySet):
    def of_members(self) -> Self:
        """Those of people who are members now."""
        members = Membership.objects.filter(
            user=OuterRef("user"), organization=OuterRef("organization")
        )
        return self.filter(Exists(members))


class FrameworkQuerySet(OrganizationRowQuerySet):
    def with_progress(self) -> Self:
        """Add `implemented` and `applicable` (not "not applicable"); progress is their ratio."""
        return self.annotate(
            implemented=Count("controls", filter=Q(controls__status="implemented")),
            applicable=Count("controls", filter=~Q(controls__status="not_applicable")),
        )
