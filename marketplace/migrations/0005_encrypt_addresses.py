"""Encrypt what is secret in addresses, and take it out of the history that was written before."""

import json
from typing import Any

from django.db import migrations

from marketplace.installations import encryption
from marketplace.installations.configuration import split_secrets
from marketplace.connectors.base import Connector
from marketplace.network.masks import mask_address
from marketplace.registry import available_connectors

WEBHOOKS = ("slack-webhook", "webhook")  # whose path is a secret


def encrypt_addresses(apps: Any, schema_editor: Any) -> None:
    """Where a key is missing, the address has to be entered again, as the other secrets have."""
    App = apps.get_model("marketplace", "App")
    for app in App.objects.all():
        if connector := available_connectors().get(app.connector):
            _encrypt(app, connector)
            app.save(update_fields=["settings", "secrets"])


def _encrypt(app: Any, connector: Connector) -> None:
    try:
        kept = encryption.decrypt(app.secrets)
    except encryption.SecretsUnreadable:
        app.settings, _ = split_secrets(connector, app.settings)
        return
    app.settings, secrets = split_secrets(connector, {**app.settings, **kept})
    app.secrets = "" if app.state == "uninstalled" else encryption.encrypt(secrets)


def clean_history(apps: Any, schema_editor: Any) -> None:
    """Mask every address in the settings that changes of apps tell."""
    App, Change = apps.get_model("marketplace", "App"), apps.get_model("risks", "Change")
    feeds = set(App.objects.exclude(connector__in=WEBHOOKS).values_list("pk", flat=True))
    for change in Change.objects.filter(model="marketplace.app").iterator():
        if "settings" not in change.changes:
            continue
        whole = change.object_id not in feeds  # also of apps that are gone
        change.changes["settings"] = [_masked(value, whole) for value in change.changes["settings"]]
        change.save(update_fields=["changes"])


def _masked(value: Any, whole: bool) -> Any:
    """SQLite keeps a JSON value inside of another as text."""
    if isinstance(value, dict):
        return {name: _masked_setting(one, whole) for name, one in value.items()}
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(_masked(json.loads(value), whole))
    return value


def _masked_setting(value: Any, whole: bool) -> Any:
    is_address = isinstance(value, str) and "://" in value
    return mask_address(value, whole=whole) if is_address else value


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0004_test_queued_at"),
        ("risks", "0006_standing_index"),
    ]

    operations = [
        migrations.RunPython(encrypt_addresses, migrations.RunPython.noop),
        migrations.RunPython(clean_history, migrations.RunPython.noop),
    ]
