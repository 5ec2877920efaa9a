"""Statuses that a file states for controls: found by identifier, and previewed as a bulk change."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.text.identifiers import natural_key
from openrisk.text.names import name_key
from risks.models import BulkChange, BulkKind, Control, Framework
from risks.services.bulk_changes.lifecycle import preview_change
from risks.services.rows import field_error


@dataclass
class MatchedStatements:
    """Statuses by control; identifiers of no control, or of several; rows that are not clear."""

    statuses: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


def match_statements(
    organization: Organization,
    statements: Sequence[Any],
    framework: Framework | None = None,
) -> MatchedStatements:
    """Find the control of each row, among those of `framework` if it is given.

    An identifier that several frameworks have names a control only with its framework beside it.
    """
    controls = Control.objects.for_organization(organization).select_related("framework")
    controls = controls.filter(sort_key__in={natural_key(row.identifier) for row in statements})
    if framework is not None:
        controls = controls.filter(framework=framework)
    by_name: dict[str, dict[UUID, Control]] = defaultdict(dict)
    for control in controls.only("identifier", "framework__name", "framework__edition"):
        names = {str(control.framework), control.framework.name, ""}
        for name in names:
            by_name[name_key(f"{name}\n{control.identifier}")][control.pk] = control
    matched = MatchedStatements()
    for statement in statements:
        stated = "" if framework is not None else statement.framework
        found = by_name.get(name_key(f"{stated}\n{statement.identifier}"), {})
        if len(found) != 1:
            matched.unknown.append(statement.identifier)
        elif not statement.status:
            matched.unclear.append(f"{statement.identifier} “{statement.text[:40]}”")
        else:
            matched.statuses[str(next(iter(found)))] = statement.status
    return matched


def preview_statements(
    *,
    actor: User | None,
    organization: Organization,
    matched: MatchedStatements,
    comment: str,
) -> BulkChange:
    """Preview the change to the statuses that a file states; refuse a file that states none."""
    if not matched.statuses:
        raise field_error(
            "file",
            _(
                "No row has a known status and the identifier of one control here. Look at the "
                "identifiers, choose the framework, or import the framework first."
            ),
        )
    return preview_change(
        actor=actor,
        organization=organization,
        kind=BulkKind.STATEMENT,
        value=matched.statuses,
        rows=Control.objects.for_organization(organization).filter(pk__in=list(matched.statuses)),
        comment=comment,
        references=matched.unknown,
    )
