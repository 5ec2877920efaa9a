"""Two controls of a framework: one with an owner, evidence and a risk, one with nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.risks.factories import make_attachment, make_control, make_framework, make_risk


@pytest.fixture
def framework(organization):
    return make_framework(organization)


@pytest.fixture
def covered(framework, analyst):
    control = make_control(
        framework, "A.5.9", title="Inventory", status="implemented", owner=analyst
    )
    yesterday = timezone.now().date() - timedelta(days=1)
    make_attachment(framework.organization, valid_until=yesterday, target=control)
    make_risk(framework.organization, title="Lost laptops", controls=[control])
    return control


@pytest.fixture
def bare(framework):
    return make_control(framework, "A.5.10", title="Acceptable use")
