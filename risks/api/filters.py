"""Filters of lists, by column and by rule.

Their names are `field`, `field__in`, `field__gte`, `field__lte`, `field__isnull`; dates and
numbers take a range, choices and ids a list.
"""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, Q
from django_filters.filters import (
    BaseInFilter,
    CharFilter,
    ChoiceFilter,
    DateFilter,
    UUIDFilter,
)

from openrisk.api.filters import CharInFilter, FlagFilter, OrganizationFilterSet
from openrisk.text.names import name_key
from risks.api.custom_field_filters import filters_by_custom_fields
from risks.fields import FIELDS, OPTIONAL, OPTIONAL_TIME, SAME, TIME
from risks.models import (
    Acceptance,
    Asset,
    Category,
    Comment,
    Control,
    Finding,
    FindingRule,
    Framework,
    LikelihoodSuggestion,
    Mitigation,
    MitigationAction,
    Risk,
    RiskAsset,
    RiskControl,
    RiskProposal,
    RiskTag,
    ScoreChange,
    Status,
    Watch,
)
from risks.models.custom_fields import PREFIX
from risks.models.workspace.attachments import SOON_DAYS, expired, expires_within
from risks.overdue import NOT_OPEN
from risks.querysets import ActionQuerySet, ControlQuerySet, MitigationQuerySet, RiskQuerySet


class _PersonField(forms.UUIDField):
    """The id of a person, or "me"."""

    def to_python(self, value: Any) -> Any:
        return value if value == "me" else super().to_python(value)


class PersonFilter(UUIDFilter):
    """Rows of a person by id; "me" is the caller. Not for cached lists, which all members share."""

    field_class = _PersonField

    def filter(self, queryset: Any, value: Any) -> Any:
        return super().filter(queryset, self.parent.request.user.pk if value == "me" else value)


class UUIDInFilter(BaseInFilter, UUIDFilter):
    pass


LINKS: dict[str, Any] = {"tag": RiskTag, "asset": RiskAsset, "control": RiskControl}
LINK_COLUMNS = {"tag": "name_key", "asset": "asset", "control": "control"}


class RiskFilterSet(OrganizationFilterSet):
    tag = CharFilter(method="filter_by_link", label="Carries this tag")
    tag__in = CharInFilter(method="filter_by_link", label="Carries one of these tags")
    asset = UUIDFilter(method="filter_by_link", label="Threatens this asset")
    asset__in = UUIDInFilter(method="filter_by_link", label="Threatens one of these assets")
    control = UUIDFilter(method="filter_by_link", label="Is acted on by this control")
    control__in = UUIDInFilter(
        method="filter_by_link", label="Is acted on by one of these controls"
    )
    tag__isnull = FlagFilter(method="filter_unlinked", label="Carries no tag")
    asset__isnull = FlagFilter(method="filter_unlinked", label="Threatens no asset")
    control__isnull = FlagFilter(method="filter_unlinked", label="No control acts on it")
    treatment__isnull = FlagFilter(method="filter_undecided", label="No treatment is decided")
    open = FlagFilter(method="filter_open", label="Neither draft nor closed")
    former_member = FlagFilter(
        method="filter_former_member",
        label="Its owner, assignee or reviewer is no longer a member",
    )
    review_overdue = FlagFilter(
        method="filter_review_overdue", label="Open, and its review is overdue"
    )
    derived = FlagFilter(
        method="filter_derived", label="Has ratings that were derived and not confirmed"
    )
    watched_by = UUIDFilter(method="filter_watched_by", label="Watched by this member")

    registered_since = DateFilter(
        method="filter_by_ledger", label="Came into the register on this day (UTC) or later"
    )
    closed_since = DateFilter(
        method="filter_by_ledger", label="Is closed, and was closed on this day (UTC) or later"
    )

    class Meta:
        model = Risk
        fields = {field.name: field.lookups for field in FIELDS if field.lookups}

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        for name, custom in filters_by_custom_fields(data or {}, self.organization).items():
            custom.parent, custom.model = self, Risk
            self.filters[name] = custom

    @classmethod
    def accepts(cls, name: str) -> bool:
        return name.startswith(PREFIX) or super().accepts(name)

    def filter_by_link(self, queryset: RiskQuerySet, name: str, value: Any) -> RiskQuerySet:
        """Filter by a subquery on the link table: a join would repeat risks."""
        kind, _, many = name.partition("__")
        column = LINK_COLUMNS[kind]
        values = value if many else [value]
        if kind == "tag":
            values = [name_key(tag) for tag in values]
        linked = self.links(kind).filter(**{f"{column}__in": values}).values("risk")
        return queryset.filter(pk__in=linked)

    def filter_unlinked(self, queryset: RiskQuerySet, name: str, value: bool) -> RiskQuerySet:
        links = self.links(name.partition("__")[0]).filter(risk=OuterRef("pk"))
        return queryset.filter(~Exists(links) if value else Exists(links))

    def links(self, kind: str) -> Any:
        """The links of the same organization; the index begins with it."""
        return LINKS[kind]._default_manager.filter(organization=OuterRef("organization"))

    def filter_undecided(self, queryset: RiskQuerySet, name: str, value: bool) -> RiskQuerySet:
        return queryset.filter(treatment="") if value else queryset.exclude(treatment="")

    def filter_by_ledger(self, queryset: RiskQuerySet, name: str, value: date) -> RiskQuerySet:
        beginning = datetime.combine(value, time.min, UTC)
        current = ScoreChange.objects.current().filter(organization=OuterRef("organization"))
        if name == "registered_since":
            intervals = current.filter(registered_at__gte=beginning)
        else:
            intervals = current.filter(status=Status.CLOSED, status_since__gte=beginning)
        return queryset.filter(pk__in=intervals.values("risk"))

    def filter_open(self, queryset: RiskQuerySet, name: str, value: bool) -> RiskQuerySet:
        return queryset.open() if value else queryset.filter(status__in=NOT_OPEN)

    def filter_derived(self, queryset: RiskQuerySet, name: str, value: bool) -> RiskQuerySet:
        confirmed = Q(derived_ratings={})
        return queryset.filter(~confirmed if value else confirmed)

    def filter_former_member(self, queryset: RiskQuerySet, name: str, value: bool) -> RiskQuerySet:
        left = queryset.of_former_members()
        return left if value else queryset.exclude(pk__in=left.order_by().values("pk"))

    def filter_watched_by(self, queryset: RiskQuerySet, name: str, value: Any) -> RiskQuerySet:
        return queryset.watched_by(value)

    def filter_review_overdue(self, queryset: RiskQuerySet, name: str, value: bool) -> RiskQuerySet:
        return queryset.review_overdue() if value else queryset.review_not_overdue()


class CategoryFilterSet(OrganizationFilterSet):
    class Meta:
        model = Category
        fields = {"name": SAME}


class AssetFilterSet(OrganizationFilterSet):
    risk = UUIDFilter(field_name="risk_links__risk", label="Is threatened by this risk")
    has_risks = FlagFilter(method="filter_has_risks", label="Is threatened by any risk")

    class Meta:
        model = Asset
        fields = {
            "name": SAME,
            "type": SAME,
            "criticality": SAME,
            "owner": OPTIONAL,
            "external_id": SAME,
            "created_at": TIME,
            "updated_at": TIME,
        }

    def filter_has_risks(self, assets: Any, name: str, value: bool) -> Any:
        linked = Exists(RiskAsset.objects.filter(asset=OuterRef("pk")))
        return assets.filter(linked if value else ~linked)


class MitigationFilterSet(OrganizationFilterSet):
    open = FlagFilter(method="filter_open", label="Neither done nor cancelled")
    overdue = FlagFilter(method="filter_overdue", label="Due before today, not done or cancelled")
    draft_risk = FlagFilter(
        method="filter_draft_risk",
        label="Of a risk that is a draft; figures count only those that are not",
    )

    watched_by = UUIDFilter(method="filter_watched_by", label="Watched by this member")

    class Meta:
        model = Mitigation
        fields = {
            "reference": SAME,
            "risk": SAME,
            "status": SAME,
            "priority": SAME,
            "owner": OPTIONAL,
            "risk__category": SAME,
            "risk__current_level": SAME,
            "cost": ["gte", "lte", "isnull"],
            "start_date": OPTIONAL_TIME,
            "due_date": OPTIONAL_TIME,
            "created_at": TIME,
            "updated_at": TIME,
        }

    def filter_open(
        self, queryset: MitigationQuerySet, name: str, value: bool
    ) -> MitigationQuerySet:
        unfinished = queryset.open()
        return unfinished if value else queryset.exclude(pk__in=unfinished.values("pk"))

    def filter_overdue(
        self, queryset: MitigationQuerySet, name: str, value: bool
    ) -> MitigationQuerySet:
        overdue = queryset.overdue()
        return overdue if value else queryset.exclude(pk__in=overdue.values("pk"))

    def filter_watched_by(
        self, queryset: MitigationQuerySet, name: str, value: Any
    ) -> MitigationQuerySet:
        return queryset.watched_by(value)

    def filter_draft_risk(
        self, queryset: MitigationQuerySet, name: str, value: bool
    ) -> MitigationQuerySet:
        return queryset.of_draft_risks() if value else queryset.without_draft_risks()


class ActionFilterSet(OrganizationFilterSet):
    done = FlagFilter(field_name="done_at", lookup_expr="isnull", exclude=True, label="Done")
    pending = FlagFilter(
        method="filter_pending", label="Open, of a mitigation that is neither done nor cancelled"
    )
    overdue = FlagFilter(method="filter_overdue", label="Pending, and due before today")
    waiting = FlagFilter(
        method="filter_waiting", label="Cannot be done yet: one that it depends on is open"
    )
    responsible = UUIDFilter(
        method="filter_responsible",
        label="The assignee; else the owner of the mitigation; else the assignee of its risk",
    )

    class Meta:
        model = MitigationAction
        fields = {"mitigation": SAME, "assignee": OPTIONAL, "due_date": OPTIONAL_TIME}

    def filter_pending(self, queryset: ActionQuerySet, name: str, value: bool) -> ActionQuerySet:
        return rows_that_are(queryset, queryset.pending(), value)

    def filter_overdue(self, queryset: ActionQuerySet, name: str, value: bool) -> ActionQuerySet:
        return rows_that_are(queryset, queryset.overdue(), value)

    def filter_waiting(self, queryset: ActionQuerySet, name: str, value: bool) -> ActionQuerySet:
        return rows_that_are(queryset, queryset.waiting(), value)

    def filter_responsible(
        self, queryset: ActionQuerySet, name: str, value: UUID
    ) -> ActionQuerySet:
        return queryset.of_person(value)


def rows_that_are(rows: ActionQuerySet, chosen: ActionQuerySet, value: bool) -> ActionQuerySet:
    """Return the chosen rows, or the others where `value` is False."""
    return chosen if value else rows.exclude(pk__in=chosen.values("pk"))


class AcceptanceFilterSet(OrganizationFilterSet):
    class Meta:
        model = Acceptance
        fields = {
            "risk": SAME,
            "status": SAME,
            "requester": SAME,
            "approver": OPTIONAL,
            "expires_at": TIME,
        }


class FrameworkFilterSet(OrganizationFilterSet):
    class Meta:
        model = Framework
        fields = {"name": SAME, "edition": SAME}


class ControlFilterSet(OrganizationFilterSet):
    risk = UUIDFilter(field_name="risk_links__risk", label="Acts on this risk")
    has_risks = FlagFilter(method="filter_has_risks", label="Acts on a risk")
    evidence = ChoiceFilter(
        method="filter_evidence",
        choices=[(state, state) for state in ("none", "any", "expired", "soon")],
        label="Has no files as evidence; has some; some have expired, or expire within 30 days",
    )

    class Meta:
        model = Control
        fields = {
            "framework": SAME,
            "identifier": SAME,
            "section": SAME,
            "parent": OPTIONAL,
            "status": SAME,
            "owner": OPTIONAL,
            "updated_at": TIME,
        }

    def filter_has_risks(
        self, queryset: ControlQuerySet, name: str, value: bool
    ) -> ControlQuerySet:
        return queryset.with_risks() if value else queryset.without_risks()

    def filter_evidence(self, queryset: ControlQuerySet, name: str, value: str) -> ControlQuerySet:
        if value == "none":
            return queryset.without_evidence()
        conditions = {
            "any": Q(),
            "expired": expired("attachment__"),
            "soon": expires_within(SOON_DAYS, "attachment__"),
        }
        return queryset.with_evidence(conditions[value])


class FindingFilterSet(OrganizationFilterSet):
    asset_owner = UUIDFilter(field_name="asset__owner", label="On assets of this member")

    class Meta:
        model = Finding
        fields = {
            "tool": SAME,
            "rule": SAME,
            "severity": SAME,
            "state": SAME,
            "known_exploited": ["exact"],
            "cvss": ["gte", "lte"],
            "epss": ["gte", "lte"],
            "asset": OPTIONAL,
            "risk": OPTIONAL,
            "proposal": OPTIONAL,
            "decided_until": ["gte", "lte"],
            "first_seen_at": TIME,
            "last_seen_at": TIME,
        }


class FindingRuleFilterSet(OrganizationFilterSet):
    class Meta:
        model = FindingRule
        fields = {"active": ["exact"]}


class SuggestionFilterSet(OrganizationFilterSet):
    class Meta:
        model = LikelihoodSuggestion
        fields = {"status": SAME, "risk": SAME, "key": SAME}


class ProposalFilterSet(OrganizationFilterSet):
    class Meta:
        model = RiskProposal
        fields = {"status": SAME, "rule": OPTIONAL}


class CommentFilterSet(OrganizationFilterSet):
    author = PersonFilter(label='Of this author; "me" is you')
    mentioned = PersonFilter(field_name="mentions__user", label='Mentions this member; "me" is you')

    class Meta:
        model = Comment
        fields = {"risk": SAME, "mitigation": OPTIONAL, "created_at": TIME}


class WatchFilterSet(OrganizationFilterSet):
    user = PersonFilter(label='Of this member; "me" is you')

    class Meta:
        model = Watch
        fields = {"risk": OPTIONAL, "mitigation": OPTIONAL}
