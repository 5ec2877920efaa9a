"""Schedules that cannot be right are refused."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from dashboards.models import ReportSchedule
from dashboards.schedules.editing import create_schedule
from tests.dashboards.schedules.conftest import BOARD


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cron", "every day"),
        ("cron", "0 0 30 2 *"),
        ("cron", "* * * * * *"),
        ("recipients", []),
        ("recipients", ["nobody"]),
        ("recipients", [f"a{number}@example.org" for number in range(51)]),
        ("recipients", "a@example.org"),
        ("period", "8d"),
        ("dashboard", "other"),
    ],
)
def test_invalid_schedule_is_refused(organization, field, value):
    fields = {"recipients": BOARD, "cron": "0 7 * * 1", field: value}
    with pytest.raises(ValidationError) as refusal:
        create_schedule(actor=None, organization=organization, **fields)
    assert list(refusal.value.message_dict) == [field]


@pytest.mark.parametrize("changes", [{"period": "8d"}, {"dashboard": "other"}])
def test_database_refuses_an_invalid_schedule(schedule, changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportSchedule.objects.update(**changes)
