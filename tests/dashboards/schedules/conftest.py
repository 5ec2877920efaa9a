"""A schedule that sends the overview every hour."""

import pytest
import time_machine

from dashboards.models import ReportSchedule
from dashboards.schedules.editing import create_schedule
from openrisk.accounts.models import Organization, User
from tests.openrisk.tasks.conftest import clock  # noqa: F401
from tests.risks.factories import make_risk

BOARD = ["chair@example.org", "secretary@example.org"]


@pytest.fixture
def schedule(
    organization: Organization,
    clock: time_machine.Traveller,  # noqa: F811
    admin: User,
) -> ReportSchedule:
    """Every hour; first at 13:00."""
    make_risk(organization, title="Fire", inherent_likelihood=5, inherent_impact=5)
    return create_schedule(
        actor=admin, organization=organization, recipients=BOARD, cron="0 * * * *", period="7d"
    )
