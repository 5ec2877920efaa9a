"""Every list of the administration takes few queries, however many rows it has, and is searched."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from openrisk.accounts.models import User
from openrisk.admin.site import site
from risks.demo import seeding

MOST_QUERIES = 10
# One row an organization; and histories, which are filtered and have too many rows to search.
WITHOUT_SEARCH = {"risks.Matrix", "risks.Change", "risks.ScoreChange"}


@pytest.fixture(scope="module")
def operator(standing):
    """A person who sees all of a register of more than fifty risks, with what belongs to them."""
    with standing():
        seeding.seed_organizations(risks=55, organizations=1, seed=1, progress=lambda done: None)
        return User.objects.create_superuser("operator@example.com", "a long enough password")


def test_lists_take_few_queries_also_when_searched(client, db, operator):
    client.force_login(operator)
    counts = {}
    for model, admin in site._registry.items():
        options = model._meta
        address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address, {"q": "e"} if admin.search_fields else {})
        assert response.status_code == 200, address
        counts[options.label] = len(queries)
    assert {name: count for name, count in counts.items() if count > MOST_QUERIES} == {}


def test_lists_can_be_searched():
    labels = {
        model._meta.label for model, admin in site._registry.items() if not admin.search_fields
    }
    assert labels == WITHOUT_SEARCH
