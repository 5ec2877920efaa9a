"""Queue: rows that wait for a decision, and the ways to decide."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import Promise

from openrisk.accounts.models import Membership, Role
from openrisk.errors import StaleVersion
from risks.models import Risk
from risks.pages.queues.forms import DecisionForm

PEOPLE = ("risk__owner", "risk__category")


@dataclass(frozen=True)
class QueueAction:
    """One way to decide: the button, the key that presses it, and what happens."""

    name: str
    label: str | Promise
    key: str
    done: str | Promise  # the message, with %(item)s
    carry_out: Callable[..., Any]  # of the row and the fields of the form
    warning: str | Promise = ""  # asked first where it is hard to take back
    is_primary: bool = False


class Queue:
    """Rows that wait for one person's decision, in a fixed order."""

    slug: ClassVar[str]
    title: ClassVar[str | Promise]
    purpose: ClassVar[str | Promise]
    role: ClassVar[Role] = Role.ANALYST
    order: ClassVar[tuple[str, ...]] = ("created_at", "id")
    icon: ClassVar[str] = "inbox"
    actions: ClassVar[tuple[QueueAction, ...]]

    def rows(self, member: Membership) -> Any:
        """All that wait for this person."""
        raise NotImplementedError

    def risk_of(self, row: Any) -> Risk | None:
        return row.risk

    def name_of(self, row: Any) -> str:
        return str(row.risk.reference)

    def list_fields(self, row: Any) -> tuple[str, str]:
        """Title and note of a row in the list of all."""
        risk = self.risk_of(row)
        return (f"{risk.reference} {risk.title}" if risk else str(row), "")

    def form(self, row: Any, data: Any = None) -> DecisionForm:
        risk = self.risk_of(row)
        return DecisionForm(row.version, risk.version if risk else None, data)

    def context(self, row: Any) -> dict[str, Any]:
        """Return what the template of the kind shows beside the risk."""
        return {}


def check_versions(row: Any, risk: Risk | None, fields: dict[str, Any]) -> None:
    """Raise StaleVersion where the row or its risk is not what the person saw."""
    seen_risk = fields.pop("seen_risk", None)
    if fields["version"] != row.version or (risk is not None and seen_risk != risk.version):
        raise StaleVersion


def cell_of(risk: Risk) -> tuple[int, int]:
    """Return the cell of a risk that is assessed."""
    return risk.current_likelihood, risk.current_impact  # type: ignore[return-value]
