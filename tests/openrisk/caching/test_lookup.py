"""A dependency that nobody declared costs speed, never truth."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from rest_framework.test import APIClient

from openrisk.accounts.models import Organization, User
from openrisk.caching.decorators import get_or_compute
from openrisk.caching.freshness import snapshots
from openrisk.caching.freshness.recorder import recording
from openrisk.caching.freshness.registry import EPOCH
from openrisk.caching.freshness.sql_dependencies import CLOCK, dependencies_of
from risks.api.views.risks import RiskViewSet
from risks.models import Asset, Category, Risk
from tests.risks.factories import make_mitigation, make_risk

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/api/v1/risks/"


@pytest.fixture
def client(api: Callable[..., APIClient], viewer: User) -> APIClient:
    return api(viewer)


def results(client: APIClient, path: str = LIST, times: int = 2) -> list[str]:
    return [client.get(path)["X-Cache"] for _ in range(times)]


@pytest.mark.parametrize("resource", ["risks", "findings", "mitigations", "assets", "controls"])
def test_the_second_read_of_a_list_is_a_hit(
    client: APIClient, organization: Organization, resource: str
) -> None:
    make_mitigation(make_risk(organization))
    assert results(client, f"/api/v1/{resource}/") == ["MISS", "HIT"]


def test_a_change_of_the_organizations_own_row_makes_its_responses_stale(
    client: APIClient, organization: Organization
) -> None:
    results(client)
    Organization.objects.filter(pk=organization.pk).update(name="Acme Ltd")
    assert results(client) == ["MISS", "HIT"]


def test_a_response_is_not_stored_if_a_table_was_read_before_its_snapshot(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    initial = RiskViewSet.initial

    def reads_early(self: Any, *args: Any, **kwargs: Any) -> None:
        Risk.objects.count()
        initial(self, *args, **kwargs)

    monkeypatch.setattr(RiskViewSet, "initial", reads_early)
    assert results(client) == ["BYPASS", "BYPASS"]


def test_a_response_is_not_stored_if_it_reads_other_peoples_rows(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_queryset = RiskViewSet.get_queryset

    def reads_users(self: Any) -> Any:
        User.objects.count()
        return get_queryset(self)

    monkeypatch.setattr(RiskViewSet, "get_queryset", reads_users)
    assert results(client) == ["BYPASS", "BYPASS"]


def test_a_hit_of_get_or_compute_is_a_dependency_of_the_request(
    organization: Organization,
) -> None:
    def value() -> int:
        return get_or_compute(
            "assets",
            Asset.objects.count,
            reads=(Asset,),
            organization_id=organization.pk,
            ttl=60,
        )

    value()
    with recording() as record:
        assert value() == 0
    assert record.dependencies == {Asset._meta.db_table}


def test_the_databases_clock_is_a_clock() -> None:
    query = Risk.objects.filter(next_review_at__lt=Now()).values("id")
    assert CLOCK in dependencies_of(str(query.query))
    assert CLOCK not in dependencies_of(str(Risk.objects.values("id").query))


@pytest.mark.postgres
def test_a_statement_leaves_one_token_for_each_tag(organization: Organization) -> None:
    Category.objects.bulk_create(
        Category(organization=organization, name=str(number)) for number in range(3)
    )
    tag = f"risks.category:{organization.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache_token WHERE tag = %s", [tag])
        assert cursor.fetchone() == (1,)


@pytest.mark.postgres
def test_the_epoch_names_the_server_that_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM pg_postmaster_start_time())::text")
        (started,) = cursor.fetchone()
    assert snapshots.take_snapshot([EPOCH])[EPOCH].endswith(f"@{started}")
