"""What all tests share: two organizations, a person for each role, API clients, real data."""

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.template import Context, Template
from django.test import TransactionTestCase
from django.test.signals import template_rendered
from django.utils.safestring import SafeString
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from deployment.local import calibration
from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Organization, Role, User
from openrisk.caching.freshness import snapshots
from openrisk.caching.storage import shared
from openrisk.database import clock
from tests import tables
from tests.openrisk.caching import stores

TESTS = Path(__file__).resolve().parent
# Registers that somebody really keeps. They are no part of the project: where the folder is
# absent, a test that reads it skips.
SHARED_DATA = TESTS.parents[1] / "shared" / "data"


# How long a test takes says nothing.
hypothesis_settings.register_profile("openrisk", deadline=None)
hypothesis_settings.load_profile("openrisk")

DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "installation"}
# Folders whose tests run on SQLite alone, unless marked `both`. They ask through querysets and
# figures, whose tests run on both databases, and through services.
SAME_ON_BOTH = {"admin", "pages"}
# Folders whose tests `python -m tests` runs on PostgreSQL alone, where there is one: SQL that
# differs is written elsewhere, and pages and the administration go through services on SQLite.
WITH_SERVERS = {"api", "services"}
# Half a minute each: begun last, the others would wait for them.
LONGEST = {"test_upgrade.py", "test_installed_app.py"}


def pytest_report_header() -> str:
    """Measures the machine before any test waits for something."""
    return f"machine: {calibration.describe(calibration.slowness())}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what asks the database, and on which it runs; what takes longest comes first."""
    for item in items:
        needs_postgres = item.get_closest_marker("postgres")
        if (
            needs_postgres
            or item.get_closest_marker("django_db")
            or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        ):
            item.add_marker("database")
        folders = set(item.path.relative_to(TESTS).parts)
        if needs_postgres or item.get_closest_marker("both"):
            continue
        if SAME_ON_BOTH & folders:
            item.add_marker("once")
        elif (
            WITH_SERVERS & folders
            and item.get_closest_marker("database")
            and not item.get_closest_marker("once")
        ):
            item.add_marker("with_servers")
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """Keeps what is loaded by now, some million objects, out of every collection of garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_by_us() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", tables.empty_after)
        yield


@pytest.fixture(scope="session", autouse=True)
def _pages_are_noted_without_their_parts(django_test_environment: None) -> Iterator[None]:
    """`response.context` is that of a page: to copy it for each of its hundred parts takes long."""

    def render(template: Template, context: Context) -> SafeString:
        if context.template is template:
            template_rendered.send(sender=template, template=template, context=context)
        return template.nodelist.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


@pytest.fixture(autouse=True)
def _only_on_postgres(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: run `python -m tests`, or set TEST_DATABASE_URL")


@pytest.fixture(autouse=True)
def _the_clock_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests travel in time, the database's clock does not."""
    monkeypatch.setattr(clock, "clock_offset", timedelta)


@pytest.fixture(autouse=True)
def _nothing_stays_cached() -> Iterator[None]:
    """Each test begins with empty memories, and leaves the database no connection of the cache.

    The shared store keeps what it has: nobody asks for the rows of another test's organizations.
    """
    yield
    stores.forget()
    shared.shared_store.cache_clear()
    snapshots.close_connection()


@pytest.fixture(scope="module")
def standing(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """`with standing():` rows are made once for all tests of a module, and go when it ends.

    A transaction is around them all. Each test has its own inside, so what it does to the rows is
    undone as ever; what it does to the objects is not. Not for modules with tests that commit.
    """
    around = transaction.atomic()
    with django_db_blocker.unblock():
        around.__enter__()
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def organization(db: None) -> Organization:
    return Organization.objects.create(name="Acme", slug="acme")


@pytest.fixture
def other_organization(db: None) -> Organization:
    """Nothing of it may ever show up for a member of `organization`."""
    return Organization.objects.create(name="Globex", slug="globex")


def member(role: Role, organization: Organization, name: str = "") -> User:
    """A new person with `role`; the address is `<name or role>@<slug>.example.com`."""
    email = f"{name or role.value}@{organization.slug}.example.com"
    user = User.objects.create_user(email, "a long enough password")
    set_role(user=user, organization=organization, role=role)
    return user


@pytest.fixture
def viewer(organization: Organization) -> User:
    return member(Role.VIEWER, organization)


@pytest.fixture
def analyst(organization: Organization) -> User:
    return member(Role.ANALYST, organization)


@pytest.fixture
def manager(organization: Organization) -> User:
    return member(Role.MANAGER, organization)


@pytest.fixture
def admin(organization: Organization) -> User:
    return member(Role.ADMIN, organization)


@pytest.fixture
def outsider(other_organization: Organization) -> User:
    """An administrator, but of the other organization."""
    return member(Role.ADMIN, other_organization)


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser("superuser@example.com", "a long enough password")


@pytest.fixture
def api(organization: Organization) -> Callable[..., APIClient]:
    """`api(user)` is a client with a token of `user`, bound to `organization` unless told.

    `api(user, other_organization, read_only=True)` and `api()`, without a token, work too.
    """

    def client(
        user: User | None = None, bound_to: Organization = organization, **token: Any
    ) -> APIClient:
        result = APIClient()
        if user is not None:
            _, secret = create_token(user=user, organization=bound_to, **token)
            result.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        return result

    return client


@pytest.fixture
def attachments_folder(settings: Any, tmp_path: Path) -> Path:
    """An empty folder in which attachments are stored, for tests that look into it."""
    folder = tmp_path / "attachments"
    storage = {**settings.STORAGES["attachments"]}
    storage["OPTIONS"] = {**storage["OPTIONS"], "location": folder}
    settings.STORAGES = {**settings.STORAGES, "attachments": storage}
    return folder
