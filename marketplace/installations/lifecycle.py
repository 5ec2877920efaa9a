"""The life of an app: installed, configured, tested, enabled, disabled, uninstalled."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.connectors.base import Capability
from marketplace.installations import configuration as configurations
from marketplace.models import AppState, DeliveryStatus, InstalledApp
from marketplace.registry import available_connectors, connector_of
from marketplace.sync import probe
from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from openrisk.tasks.declarations import next_occurrence
from risks.history import recorded
from risks.models import Provenance, Source
from risks.services import rows
from risks.vulnerabilities import forget_facts_of

READY = (AppState.TESTED, AppState.ENABLED, AppState.ERROR)  # may be run

UNINSTALL_WARNING = (
    "The app stops and forgets its secrets. What it imported stays in the register. To use it "
    "again, install and configure it again."
)


def install_app(
    *, actor: User | None, organization: Organization, connector: str, name: str = ""
) -> InstalledApp:
    """Add an app. Its name, by default that of the connector, never changes."""
    kind = available_connectors().get(connector)
    if kind is None:
        message = f"There is no connector {connector[:60]}. Choose one from the list."
        raise rows.field_error("connector", message)
    state = AppState.CONFIGURED
    try:
        configurations.check_configuration(kind, {})
    except ValidationError:
        state = AppState.NOT_CONFIGURED
    return rows.create(
        InstalledApp,
        actor=actor,
        organization=organization,
        connector=connector,
        name=" ".join((name or kind.name).split()),
        state=state.value,
    )


def configure_app(
    *,
    actor: User | None,
    instance: InstalledApp,
    version: int | None = None,
    configuration: dict[str, Any] | None = None,
    **fields: Any,
) -> InstalledApp:
    """Change the configuration, the schedule (`cron`, "" for none) or the `mode` of its runs.

    A new configuration has to be tested before the app works again. A secret that is left out
    stays; null removes it.
    """
    with recorded(actor=actor):
        app = _require_installed(rows.lock_for_update(instance, version))
        if "cron" in fields:
            fields["next_run_at"] = _next_run(app, fields["cron"])
        if configuration is not None:
            merged = configurations.merge_configuration(app, configuration)
            configurations.check_configuration(connector_of(app), merged)
            fields |= configurations.configuration_fields(app, merged) | {
                "state": AppState.CONFIGURED.value,
                "reason": "",
                "tested_at": None,
                "test_queued_at": None,
                "enabled_at": None,
            }
        rows.save_fields(app, fields)
    return app


def _next_run(app: InstalledApp, cron: str) -> datetime | None:
    if not cron:
        return None
    if Capability.NOTIFICATION in connector_of(app).capabilities:
        message = "This app sends events as they happen. Leave the schedule empty."
        raise rows.field_error("cron", message)
    try:
        return next_occurrence(cron, timezone.now())
    except ValueError as reason:
        raise rows.field_error("cron", str(reason)) from None


def request_test(*, actor: User | None, app: InstalledApp) -> bool:
    """Note that a worker should test the app. False if a test is already waiting or running."""
    with recorded(actor=actor):
        app = _require_configured(rows.lock_for_update(app))
        if app.is_being_tested:
            return False
        rows.save_fields(app, {"test_queued_at": timezone.now()})
    return True


def test_app(*, actor: User | None, app: InstalledApp) -> InstalledApp:
    """Read the source or send a test message. The app is in state tested or error afterwards.

    This may take minutes, so it never runs in a web process. Raises Conflict if the configuration
    has changed during the test.
    """
    tested = _require_configured(app)
    result = probe.probe_app(app)  # outside of any transaction
    with recorded(actor=actor, comment=result.message):
        app = _require_configured(rows.lock_for_update(app))
        if (app.settings, app.secrets) != (tested.settings, tested.secrets):
            raise Conflict(_("The configuration was changed during the test. Test it again."))
        if result.works:
            state = AppState.ENABLED if app.enabled_at else AppState.TESTED
            fields = {"state": state.value, "reason": "", "tested_at": timezone.now()}
        else:
            fields = {"state": AppState.ERROR.value, "reason": result.message, "tested_at": None}
        rows.save_fields(app, fields | {"test_queued_at": None})
    return app


def enable_app(*, actor: User | None, app: InstalledApp) -> InstalledApp:
    """From now on the app runs by its schedule, or sends events."""
    with recorded(actor=actor):
        app = _require_installed(rows.lock_for_update(app))
        if app.tested_at is None:
            raise Conflict(
                _("This app is %(state)s. Test it first.")
                % {"state": app.get_state_display().lower()}
            )
        fields: dict[str, Any] = {"state": AppState.ENABLED.value, "reason": ""}
        if app.cron:
            fields["next_run_at"] = _next_run(app, app.cron)
        rows.save_fields(app, fields | {"enabled_at": app.enabled_at or timezone.now()})
    return app


def disable_app(*, actor: User | None, app: InstalledApp) -> InstalledApp:
    """The app does nothing until it is enabled again. Imported objects stay."""
    with recorded(actor=actor):
        app = _require_installed(rows.lock_for_update(app))
        if app.enabled_at is None:
            raise Conflict(
                _("This app is %(state)s, not enabled.")
                % {"state": app.get_state_display().lower()}
            )
        rows.save_fields(app, {"state": AppState.DISABLED.value, "reason": "", "enabled_at": None})
    return app


def uninstall_app(*, actor: User | None, app: InstalledApp) -> dict[str, int]:
    """Stop the app, forget its secrets and what its feed says of vulnerabilities.

    Returns the imported objects that stay, by model.
    """
    with recorded(actor=actor):
        app = _require_installed(rows.lock_for_update(app))
        app.deliveries.filter(status=DeliveryStatus.WAITING).delete()
        fields = {
            "state": AppState.UNINSTALLED.value,
            "reason": "",
            "secrets": "",
            "enabled_at": None,
            "tested_at": None,
            "test_queued_at": None,
            "next_run_at": None,
            "cron": "",
        }
        rows.save_fields(app, fields)
        forget_facts_of(app.organization, Source.CONNECTOR, app.name)
    return count_imported_objects(app)


def count_imported_objects(app: InstalledApp) -> dict[str, int]:
    """The number of objects that the app has imported or changed, by model."""
    imported = Provenance.objects.for_organization(app.organization).filter(
        source=Source.CONNECTOR, source_name=app.name
    )
    return dict(Counter(imported.values_list("model", flat=True)))


def _require_installed(app: InstalledApp) -> InstalledApp:
    if app.state == AppState.UNINSTALLED:
        raise Conflict(_("This app is uninstalled. Install the connector again."))
    return app


def _require_configured(app: InstalledApp) -> InstalledApp:
    if _require_installed(app).state == AppState.NOT_CONFIGURED:
        raise Conflict(_("This app is not configured yet. Fill in its configuration first."))
    return app
