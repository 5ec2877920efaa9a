"""The checklist for beginners: each item is done by what the database says."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboards.models import ChecklistDismissal, ReportSchedule
from marketplace.models import InstalledApp
from openrisk.accounts.models import (
    Invitation,
    InvitationStatus,
    Membership,
    Organization,
    Role,
    User,
)
from openrisk.caching.decorators import get_or_compute
from openrisk.pages.menu import address_of
from risks.history import recorded
from risks.models import ImportRun, Matrix, Risk, RunStatus, Source

MOST_NAMED = 3  # people whom to ask
RISK_ITEMS = ("import", "library", "risk")  # one of these brings risks


@dataclass(frozen=True)
class ChecklistItem:
    """Something to do once: why, where, and by whom."""

    key: str
    title: str | Promise
    text: str | Promise
    button: str | Promise
    route: str
    role: Role
    arguments: tuple[str, ...] = ()

    def url(self, organization: Organization) -> str:
        if self.arguments:
            return reverse(self.route, args=[organization.slug, *self.arguments])
        return address_of(self.route, organization.slug)


ITEMS = (
    ChecklistItem(
        "import",
        _("Import your register"),
        _(
            "A spreadsheet (CSV or XLSX) as it is: columns and words are recognized, and a preview "
            "shows what would be read."
        ),
        _("Import"),
        "import-new",
        Role.ANALYST,
    ),
    ChecklistItem(
        "library",
        _("Start from the starter library"),
        _("64 risks with plans, as drafts to choose from."),
        _("Open the library"),
        "pack",
        Role.ADMIN,
        ("openrisk.starter-risks",),
    ),
    ChecklistItem(
        "risk",
        _("Add a risk by hand"),
        _("A title is enough to begin with."),
        _("New risk"),
        "risk-new",
        Role.ANALYST,
    ),
    ChecklistItem(
        "people",
        _("Invite people"),
        _("Owners of risks, those who work on them, and those who decide."),
        _("Invite"),
        "admin:accounts_invitation_add",
        Role.ADMIN,
    ),
    ChecklistItem(
        "matrix",
        _("Set the matrix"),
        _("The words for likelihood and impact, and the level of each cell."),
        _("Open the matrix"),
        "settings-matrix",
        Role.ADMIN,
    ),
    ChecklistItem(
        "scanner",
        _("Connect a scanner"),
        _("Findings of your tools, by file or on a schedule."),
        _("Open the marketplace"),
        "marketplace",
        Role.ADMIN,
    ),
    ChecklistItem(
        "report",
        _("Schedule a report"),
        _("The overview or a board, by e-mail, as often as you like."),
        _("Schedule"),
        "report-new",
        Role.MANAGER,
    ),
)


@dataclass(frozen=True)
class Checklist:
    """The checklist of an organization as a member sees it. `facts` are by key of an item."""

    member: Membership
    facts: dict[str, bool]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The items, each with whether it is done, and where, or whom to ask."""
        return [
            {
                "item": item,
                "done": self.facts[item.key],
                "may": self.member.has_role(item.role),
                "url": item.url(self.member.organization),
                "ask": "" if self.member.has_role(item.role) else self.people_with(item.role),
            }
            for item in ITEMS
        ]

    @property
    def done(self) -> int:
        return sum(self.facts[item.key] for item in ITEMS)

    @property
    def total(self) -> int:
        return len(ITEMS)

    @property
    def has_risks(self) -> bool:
        return self.facts["any_risk"]

    @property
    def has_sample(self) -> bool:
        return self.facts["sample"]

    @property
    def is_finished(self) -> bool:
        """Return whether all is done; of the ways to bring in risks, one is enough."""
        others = (item.key for item in ITEMS if item.key not in RISK_ITEMS)
        has_own = any(self.facts[key] for key in RISK_ITEMS)
        return has_own and all(self.facts[key] for key in others)

    @property
    def is_shown(self) -> bool:
        """Return whether it stands above the overview: to those who can do something of it."""
        is_over = self.is_finished or self.facts["dismissed"]
        return not is_over and self.member.has_role(Role.ANALYST)

    @cached_property
    def deciders(self) -> list[tuple[str, Role]]:
        people = Membership.objects.filter(
            organization=self.member.organization,
            role__in=(Role.MANAGER, Role.ADMIN),
            user__is_active=True,
            user__is_service=False,
        ).select_related("user")
        return [(str(row.user), Role(row.role)) for row in people.order_by("created_at", "id")]

    def people_with(self, role: Role) -> str:
        """Return the first few people with the role, to ask them; "" where nobody has it."""
        names = [name for name, held in self.deciders if held.includes(role)]
        return ", ".join(names[:MOST_NAMED])


def checklist_of(member: Membership) -> Checklist:
    """Read the checklist: what the cache knows of risks, and the rest in one query."""
    organization = member.organization
    runs = ImportRun.objects.filter(status=RunStatus.APPLIED)
    people = Membership.objects.filter(user__is_service=False).exclude(user=member.user)
    invited = Invitation.objects.filter(status=InvitationStatus.PENDING)
    conditions = {
        "import": exists(runs.filter(source=Source.IMPORT)),
        "people": exists(people) | exists(invited),
        "matrix": exists(Matrix.objects.filter(version__gt=1)),
        "scanner": exists(InstalledApp.objects.installed()),
        "report": exists(ReportSchedule.objects.all()),
        "sample": exists(runs.filter(source=Source.SAMPLE)),
        "dismissed": exists(ChecklistDismissal.objects.all()),
    }
    return Checklist(member, find_risk_facts(organization) | read_facts(organization, conditions))


def find_risk_facts(organization: Organization) -> dict[str, bool]:
    """Return the facts about risks, computed once until a risk changes."""
    risks = Risk.objects
    conditions = {
        "library": exists(risks.filter(source=Source.PACK)),
        "risk": exists(risks.filter(source=Source.MANUAL)),
        "any_risk": exists(risks.all()),
    }
    facts: dict[str, bool] = get_or_compute(
        "checklist risks",
        lambda: read_facts(organization, conditions),
        reads=(Risk, Organization),
        organization_id=organization.pk,
        ttl=settings.CACHE_TTL_RISKS,
    )
    return facts


def read_facts(organization: Organization, conditions: dict[str, Q]) -> dict[str, bool]:
    columns: dict[str, Any] = {f"has_{key}": condition for key, condition in conditions.items()}
    own = Organization.objects.filter(pk=organization.pk)
    facts: Any = next(iter(own.values(**columns)))
    return {key: bool(facts[f"has_{key}"]) for key in conditions}


def exists(rows: Any) -> Q:
    return Q(Exists(rows.filter(organization=OuterRef("pk"))))


def dismiss(*, actor: User, organization: Organization) -> None:
    """Hide the checklist from everyone in the organization. A second call does nothing."""
    try:
        with recorded(actor=actor), transaction.atomic():
            ChecklistDismissal.objects.get_or_create(
                organization=organization, defaults={"dismissed_by": actor}
            )
    except IntegrityError:  # someone else did so at this moment
        return


def show_again(
    *, actor: User | None, instance: ChecklistDismissal, version: int | None = None
) -> None:
    with recorded(actor=actor):
        instance.delete()
