"""Tags, assets and controls of many risks at once."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from openrisk.accounts.models import Organization
from risks.import_runs.changes import Values
from risks.import_runs.context import BATCH, in_batches
from risks.models import RiskAsset, RiskControl, RiskTag

Resolve = Callable[[str, str], Any]  # field and name -> what the link's column holds
_KINDS: dict[str, tuple[Any, str]] = {
    "tags": (RiskTag, "name"),
    "assets": (RiskAsset, "asset_id"),
    "controls": (RiskControl, "control_id"),
}


def write_links(organization: Organization, changes: dict[UUID, Values], resolve: Resolve) -> None:
    """Make the links named in `changes` the only ones of each risk."""
    for kind, (model, column) in _KINDS.items():
        wanted = {
            pk: {resolve(kind, name) for name in values[kind] or ()}
            for pk, values in changes.items()
            if kind in values
        }
        for batch in in_batches(wanted):
            missing = list(_replace(model, column, {pk: wanted[pk] for pk in batch}))
            model.objects.bulk_create(
                [
                    model(organization=organization, risk_id=pk, **{column: value})
                    for pk, value in missing
                ],
                batch_size=BATCH,
            )


def _replace(model: Any, column: str, wanted: dict[UUID, set[Any]]) -> Iterator[tuple[UUID, Any]]:
    """Delete the links that are not wanted; gives those that are missing, in a fixed order."""
    present: dict[UUID, set[Any]] = {pk: set() for pk in wanted}
    gone = []
    links = model.objects.filter(risk__in=list(wanted))
    for pk, risk, value in links.values_list("pk", "risk", column):
        present[risk].add(value)
        if value not in wanted[risk]:
            gone.append(pk)
    model.objects.filter(pk__in=gone).delete()
    for risk, values in wanted.items():
        for value in sorted(values - present[risk], key=str):
            yield risk, value
