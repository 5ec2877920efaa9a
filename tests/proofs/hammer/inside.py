"""Who writes through Django, as the application, its commands and its tasks do.

To be imported once Django is set up.
"""

import time
from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from risks.models import Mitigation, Risk
from risks.services.mitigations import update_mitigation
from risks.services.risks import update_risk
from tests.proofs.hammer.board import DESCRIPTION, MITIGATION, POISON, TAG, Refused, Unknown
from tests.proofs.hammer.writers import Row, Write, Writer


def writers() -> list[Writer]:
    def writer(name: str, write: Write, **options: Any) -> Writer:
        return Writer(name, _decided(write), **options)

    return [
        writer("save", _save),
        writer("update", _update),
        writer("bulk_update", _bulk_update, count=3),
        writer("tags", _tags, kind=TAG),
        writer("mitigation", _mitigation, kind=MITIGATION),
        writer("rollback", _rollback),
        writer("savepoint", _savepoint),
    ]


def _decided(write: Write) -> Write:
    """A connection that broke leaves the outcome open.

    Each write has one of its own, so that only what breaks during a write counts.
    """

    def decided(rows: Sequence[Row], numbers: Sequence[int]) -> None:
        try:
            write(rows, numbers)
        except (OperationalError, InterfaceError):
            raise Unknown from None
        finally:
            connection.close()

    return decided


def _save(rows: Sequence[Row], numbers: Sequence[int]) -> None:
    risk = Risk.objects.select_related("organization").get(pk=rows[0].id)
    update_risk(actor=None, instance=risk, description=rows[0].text(DESCRIPTION, numbers[0]))


def _update(rows: Sequence[Row], numbers: Sequence[int]) -> None:
    _set(rows[0], numbers[0])


def _set(row: Row, number: int) -> None:
    Risk.objects.filter(pk=row.id).update(description=row.text(DESCRIPTION, number))


def _bulk_update(rows: Sequence[Row], numbers: Sequence[int]) -> None:
    """Rows of any organizations in one statement."""
    risks = Risk.objects.in_bulk([row.id for row in rows], field_name="pk")
    found = {str(pk): risk for pk, risk in risks.items()}
    for row, number in zip(rows, numbers, strict=True):
        found[row.id].description = row.text(DESCRIPTION, number)
    Risk.objects.bulk_update(found.values(), ["description"])


def _tags(rows: Sequence[Row], numbers: Sequence[int]) -> None:
    risk = Risk.objects.select_related("organization").get(pk=rows[0].id)
    update_risk(actor=None, instance=risk, tags=[rows[0].text(TAG, numbers[0])])


def _mitigation(rows: Sequence[Row], numbers: Sequence[int]) -> None:
    found = Mitigation.objects.get(pk=rows[0].mitigation)
    update_mitigation(actor=None, instance=found, title=rows[0].text(MITIGATION, numbers[0]))


class _Regretted(Exception):
    pass


def _rollback(rows: Sequence[Row], numbers: Sequence[int]) -> None:
    """A number that nobody may ever see, in the table for a while and taken back."""
    try:
        with transaction.atomic():
            _set(rows[0], POISON + numbers[0])
            time.sleep(0.05)
            raise _Regretted
    except _Regretted:
        raise Refused from None


def _savepoint(rows: Sequence[Row], numbers: Sequence[int]) -> None:
    """The same within a transaction that commits another number."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                _set(rows[0], POISON + numbers[0])
                raise _Regretted
        except _Regretted:
            _set(rows[0], numbers[0])
