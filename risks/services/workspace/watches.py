"""Watches: a member follows a risk or a mitigation, or stops."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from openrisk.accounts.members.memberships import membership_of
from openrisk.accounts.models import User
from risks.history import recorded
from risks.models import Mitigation, Risk, Watch
from risks.querysets import person_label
from risks.services.rows import field_error

MOST_NAMED = 20  # of those who watch


def start_watching(
    *, actor: User, risk: Risk | None = None, mitigation: Mitigation | None = None
) -> Watch:
    """Let the person watch a risk or a mitigation; one who does already still does."""
    if (risk is None) == (mitigation is None):
        raise field_error("risk", _("Name either a risk or a mitigation."))
    subject: Any = mitigation or risk
    if membership_of(actor, subject.organization) is None:
        raise PermissionDenied(_("Only members of the organization can watch this."))
    with recorded(actor=actor):
        row: Watch = Watch.objects.get_or_create(
            user=actor,
            risk=risk,
            mitigation=mitigation,
            defaults={"organization": subject.organization},
        )[0]
    return row


def stop_watching(
    *, actor: User, risk: Risk | None = None, mitigation: Mitigation | None = None
) -> None:
    """End the person's watch of a risk or a mitigation, if there is one."""
    with recorded(actor=actor):
        Watch.objects.filter(user=actor, risk=risk, mitigation=mitigation).delete()


@dataclass(frozen=True)
class Watchers:
    """The first members who watch a row, by name, how many there are, and whether one is `me`."""

    names: list[str]
    count: int
    is_watching: bool

    @property
    def more(self) -> int:
        return self.count - len(self.names)


def load_watchers(subject: Risk | Mitigation, person: User) -> Watchers:
    """Load who watches the risk or the mitigation, for the page that `person` opens."""
    watches = subject.watches.all().of_members()
    people = list(
        watches.order_by("pk").values_list("user", person_label("user"))[: MOST_NAMED + 1]
    )
    count = len(people) if len(people) <= MOST_NAMED else watches.order_by().count()
    is_watching = person.pk in dict(people) or (
        count > MOST_NAMED and subject.watches.filter(user=person).exists()
    )
    return Watchers([name for _, name in people[:MOST_NAMED]], count, is_watching)
