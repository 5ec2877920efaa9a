"""Secrets in addresses: kept encrypted, shown to no one, and gone from what was written before."""

import importlib
import json

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from marketplace.installations import configuration, lifecycle
from marketplace.models import InstalledApp
from marketplace.network.masks import mask_address
from openrisk.accounts.models import Role
from risks.models import Change
from tests.conftest import member

FEED = "https://reader:hunter2@feeds.example.com/kev.json?token=hunter2#hunter2"
SHOWN = "https://…@feeds.example.com/kev.json?…#…"
HOOK = "https://hooks.example.com/services/T0/B0/hunter2"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (FEED, SHOWN),
        ("https://example.com/kev.json", "https://example.com/kev.json"),
        ("http://example.com:8080/?a=b", "http://example.com:8080/?…"),
        ("https://[2001:db8::1]/x?y", "https://[2001:db8::1]/x?…"),
        ("hunter2", "…"),
        ("ftp://u:p@example.com/", "…"),
        ("http://[hunter2", "…"),
        ("", ""),
    ],
)
def test_the_host_is_shown_and_no_secret(address, shown):
    assert mask_address(address) == shown
    assert mask_address(shown) == shown or shown == "…"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (HOOK, "https://hooks.example.com/…"),
        ("https://u@hooks.example.com/?t", "https://…@hooks.example.com/…"),
        ("https://hooks.example.com/", "https://hooks.example.com/"),
    ],
)
def test_of_a_webhook_the_host_alone_is_shown(address, shown):
    assert mask_address(address, whole=True) == shown


@pytest.fixture
def install(organization, admin):
    def make(connector, **settings):
        app = lifecycle.install_app(actor=admin, organization=organization, connector=connector)
        return lifecycle.configure_app(actor=admin, instance=app, configuration=settings)

    return make


@pytest.fixture
def feed(install):
    return install("cisa-kev", url=FEED)


@pytest.fixture
def hook(install):
    return install("slack-webhook", url=HOOK)


@pytest.mark.parametrize("role", list(Role))
def test_no_role_is_shown_them_by_the_api(api, organization, feed, hook, role):
    client = api(member(role, organization, "reader"))
    shown = [
        client.get(f"/api/v1/marketplace/apps/{path}").content.decode()
        for path in ("", f"{feed.pk}/", f"{hook.pk}/", f"{feed.pk}/health/")
    ]
    assert SHOWN in shown[0]
    assert "https://hooks.example.com/…" in shown[2]
    assert "hunter2" not in "".join(shown)


@pytest.mark.parametrize("role", list(Role))
def test_no_role_is_shown_them_by_pages(client, organization, feed, hook, role):
    client.force_login(member(role, organization, "reader"))
    for app in (feed, hook):
        paths = (
            f"/marketplace/apps/{app.pk}/",
            f"/admin/marketplace/installedapp/{app.pk}/change/",
        )
        for path in (*paths, f"/admin/marketplace/installedapp/{app.pk}/history/"):
            page = client.get(path, follow=True).content.decode()
            assert "hunter2" not in page


def test_they_are_not_in_the_history_nor_in_plain_in_the_database(install, admin, feed, hook):
    lifecycle.configure_app(actor=admin, instance=feed, configuration={"url": f"{FEED}2"})
    told = json.dumps(list(Change.objects.values_list("changes", "comment")))
    rows = json.dumps(list(InstalledApp.objects.values_list("settings", "secrets", "reason")))
    assert "feeds.example.com" in told
    assert "hunter2" not in told + rows


def test_the_connector_has_the_whole_address(feed, hook):
    assert configuration.full_configuration(feed)["url"] == FEED
    assert configuration.full_configuration(hook)["url"] == HOOK


@pytest.mark.parametrize("name", ["feed", "hook"])
def test_an_address_written_back_as_it_is_shown_is_kept(request, admin, name):
    app = request.getfixturevalue(name)
    before = configuration.full_configuration(app)
    app = lifecycle.configure_app(actor=admin, instance=app, configuration=dict(app.settings))
    assert configuration.full_configuration(app) == before


def test_the_form_of_an_app_keeps_it(client, admin, feed):
    client.force_login(admin)
    client.post(f"/marketplace/apps/{feed.pk}/configure/", {"url": SHOWN}, follow=True)
    feed.refresh_from_db()
    assert (feed.settings["url"], configuration.full_configuration(feed)["url"]) == (SHOWN, FEED)


def test_another_address_replaces_it(admin, feed):
    settings = {"url": "https://example.com/kev.json"}
    app = lifecycle.configure_app(actor=admin, instance=feed, configuration=settings)
    assert (app.settings, app.secrets) == (settings, "")


@pytest.mark.parametrize("address", ["https://…@feeds.example.com/other.json?…", "https://x.org/…"])
def test_what_is_hidden_cannot_be_kept_for_another_address(admin, feed, address):
    with pytest.raises(ValidationError, match="Write the whole address"):
        lifecycle.configure_app(actor=admin, instance=feed, configuration={"url": address})


# --- What was written before --------------------------------------------------------------------
@pytest.fixture
def migrated():
    """Carries out the migration on the rows as they are."""
    name = "0005_encrypt_addresses"
    module = importlib.import_module(f"marketplace.migrations.{name}")
    models_then = MigrationLoader(connection).project_state(("marketplace", name)).apps

    def migrate():
        module.encrypt_addresses(models_then, None)
        module.clean_history(models_then, None)

    return migrate


def test_plain_rows_and_their_history_are_cleaned(feed, hook, migrated):
    InstalledApp.objects.filter(pk=feed.pk).update(settings={"url": FEED}, secrets="")
    secret = configuration.encryption.encrypt({"url": HOOK})
    InstalledApp.objects.filter(pk=hook.pk).update(settings={}, secrets=secret)
    assert "hunter2" in json.dumps(list(Change.objects.values_list("changes", flat=True)))
    count = Change.objects.count()
    migrated()
    for app, shown, whole in ((feed, SHOWN, FEED), (hook, "https://hooks.example.com/…", HOOK)):
        app.refresh_from_db()
        assert (app.settings["url"], configuration.full_configuration(app)["url"]) == (shown, whole)
    told = json.dumps(list(Change.objects.values_list("changes", flat=True)))
    assert "hunter2" not in told
    assert Change.objects.count() >= count


def test_an_uninstalled_app_gets_no_secrets_back(admin, feed, migrated):
    lifecycle.uninstall_app(actor=admin, app=feed)
    InstalledApp.objects.filter(pk=feed.pk).update(settings={"url": FEED})
    migrated()
    feed.refresh_from_db()
    assert (feed.settings, feed.secrets) == ({"url": SHOWN}, "")


def test_without_the_key_nothing_stays_in_plain(feed, migrated, settings):
    InstalledApp.objects.filter(pk=feed.pk).update(settings={"url": FEED})
    settings.ENCRYPTION_KEYS = ["another"]
    migrated()
    feed.refresh_from_db()
    assert feed.settings == {"url": SHOWN}
