"""A test that commits leaves the database as it found it."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from openrisk.accounts.models import Organization, User
from openrisk.database.triggers import missing_triggers
from risks.models import Change
from tests.risks.factories import make_asset, make_finding, make_risk


@pytest.fixture
def looks_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """Looks at what is left once the tables are emptied: asked for before the database is."""
    blocker = request.getfixturevalue("django_db_blocker")
    yield
    with blocker.unblock():
        left = {model for model in apps.get_models() if model._base_manager.exists()}
        assert {model._meta.label for model in left} == {
            "auth.Permission",
            "contenttypes.ContentType",
        }
        assert ContentType.objects.get_for_model(Change).pk
        assert (
            missing_triggers(connection, "cache") == missing_triggers(connection, "history") == []
        )


@pytest.mark.parametrize("again", [1, 2])
def test_nothing_is_left(
    looks_back: None, transactional_db: None, organization: Organization, admin: User, again: int
) -> None:
    asset = make_asset(organization, owner=admin)
    make_finding(organization, asset=asset)
    make_risk(organization, assets=[asset]).delete()
    assert Change.objects.filter(action="deleted").exists()
