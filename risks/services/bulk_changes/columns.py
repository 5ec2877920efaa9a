"""Kinds that give one column of every row the same value."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F, Model, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from openrisk.accounts.models import User
from risks.models import Category, Risk, Treatment
from risks.services.acceptances import approved_among, decision_basis_of, reopen_decision
from risks.services.bulk_changes.plan import PlannedRow
from risks.services.bulk_changes.rules import BulkRules
from risks.services.bulk_changes.subjects import parse_id
from risks.services.rows import field_error

FEW_VALUES = 20  # former ones: restored by one UPDATE each; more of them by one for all


class ColumnKind(BulkRules):
    """One column gets the same value everywhere."""

    column: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if "column" in vars(cls):
            cls.columns = (cls.column,)

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        self.write_value([row.target.pk for row in rows], value)

    def write_value(self, ids: Sequence[UUID], value: Any) -> None:
        self.subject.model.objects.filter(pk__in=ids).update(
            **{self.column: self.from_json(value)},
            version=F("version") + 1,
            updated_at=timezone.now(),
        )

    def from_json(self, value: Any) -> Any:
        return value

    def restore(self, values: Mapping[UUID, Any]) -> None:
        by_value: dict[Any, list[UUID]] = defaultdict(list)
        for pk, value in values.items():
            by_value[value].append(pk)
        if len(by_value) <= FEW_VALUES:
            for value, ids in by_value.items():
                self.write_value(ids, value)
            return
        model = self.subject.model
        restored = list(model.objects.filter(pk__in=list(values)).only("pk", "version"))
        for row in restored:
            setattr(row, self.column, self.from_json(values[row.pk]))
            row.version += 1
            row.updated_at = timezone.now()
        model.objects.bulk_update(restored, [self.column, "version", "updated_at"], batch_size=250)


class RowKind(ColumnKind):
    """A column that names another row; no row empties it."""

    def offered(self) -> QuerySet[Any]:
        """Return the rows to choose from."""
        raise NotImplementedError

    def to_json(self, *values: Any) -> Any:
        return str(values[0]) if values[0] else None

    def clean(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        key = value.pk if isinstance(value, Model) else parse_id(value)
        if key is None or not self.offered().filter(pk=key).exists():
            raise field_error("value", self.unknown())
        return str(key)

    def unknown(self) -> str:
        return _("Choose a member of this organization.")

    def label(self, value: Any) -> str:
        return self.labels([value])[0]

    def labels(self, values: Sequence[Any]) -> list[str]:
        ids = [value for value in set(values) if value]
        names = {str(pk): str(row) for pk, row in self.named().in_bulk(ids).items()}
        return [names.get(value, _("None")) for value in values]

    def named(self) -> QuerySet[Any]:
        """Return the rows that may be named, e.g. also people who have left."""
        return self.offered()

    def reasons_to_keep(self, values: Mapping[UUID, Any]) -> dict[UUID, str]:
        needed = {value for value in values.values() if value}
        existing = {
            str(pk) for pk in self.named().filter(pk__in=needed).values_list("pk", flat=True)
        }
        gone = _("The former value no longer exists.")
        return {pk: gone for pk, value in values.items() if value and value not in existing}


class PersonKind(RowKind):
    def offered(self) -> QuerySet[Any]:
        return User.objects.filter(memberships__organization=self.organization)

    def named(self) -> QuerySet[Any]:
        return User.objects.all()


class OwnerKind(PersonKind):
    column = "owner_id"


class AssigneeKind(PersonKind):
    column = "assignee_id"


class ReviewerKind(PersonKind):
    column = "reviewer_id"


class CategoryKind(RowKind):
    column = "category_id"

    def offered(self) -> QuerySet[Any]:
        return Category.objects.for_organization(self.organization)

    def unknown(self) -> str:
        return _("Choose a category of this organization.")


class TreatmentKind(ColumnKind):
    column = "treatment"

    def clean(self, value: Any) -> Any:
        if value not in ("", None, *Treatment.values):
            raise field_error("value", _("Choose one of the treatments."))
        return value or ""

    def label(self, value: Any) -> str:
        return str(Treatment(value).label) if value else _("Not decided")

    def warnings(self, rows: Sequence[PlannedRow], value: Any) -> list[str]:
        approved = len(approved_among([row.target.pk for row in rows if row.is_change]))
        if not approved:
            return []
        return [
            _(
                "Approved acceptances that this revokes, because they were for another treatment: "
                "%(count)s. An undo does not bring them back."
            )
            % {"count": approved}
        ]

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        approved = Risk.objects.select_related("organization").in_bulk(
            approved_among([row.target.pk for row in rows])
        )
        super().write(rows, value, actor)
        for risk in approved.values():
            before = decision_basis_of(risk)
            risk.refresh_from_db()
            reopen_decision(actor=actor, risk=risk, before=before)


class IntervalKind(ColumnKind):
    column = "review_interval_days"

    def clean(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit():
            raise field_error("value", _("Enter a number of days from 1 to 3660."))
        days = int(str(value)[:9])
        if not 1 <= days <= 3660:
            raise field_error("value", _("Enter a number of days from 1 to 3660."))
        return days

    def label(self, value: Any) -> str:
        return _("%(days)s days") % {"days": value} if value else _("None")


class NextReviewKind(ColumnKind):
    column = "next_review_at"

    def clean(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        moment = value if isinstance(value, datetime) else parse_moment(str(value))
        if moment is None:
            raise field_error("value", _("Enter a day, for example 2027-03-31."))
        return format_moment(moment)

    def to_json(self, *values: Any) -> Any:
        return format_moment(values[0]) if values[0] else None

    def from_json(self, value: Any) -> Any:
        return datetime.fromisoformat(value) if value else None

    def label(self, value: Any) -> str:
        return f"{datetime.fromisoformat(value):%-d %b %Y}" if value else _("None")


def parse_moment(text: str) -> datetime | None:
    """Return the time in UTC; a day is its beginning."""
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = datetime.combine(day, time.min)
        if moment is None:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def format_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
