"""The life of an app: installed, configured, tested, enabled, disabled, uninstalled."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from marketplace.connectors.base import Capability, Connector
from marketplace.installations import configuration as configurations
from marketplace.models import AppState, DeliveryStatus, InstalledApp
from marketplace.registry import available_connectors
from marketplace.sync import probe
from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from openrisk.tasks.declarations import next_occurrence
from risks.history import recorded
from risks.models import Provenance, Source
from risks.services import rows

TEST_PATIENCE = timedelta(minutes=10)  # then a test that did not end may be asked for again
READY = (AppState.TESTED, AppState.ENABLED, AppState.ERROR)  # may be run

UNINSTALL_WARNING = (
    "The app stops and forgets its secrets. What it imported stays in the register. To use it "
    "again, install and configure it again."
)


def install_app(
    *, actor: User | None, organization: Organization, connector: str, name: str = ""
) -> InstalledApp:
    """A new app; its name is the connector's unless given, and never changes."""
    kind = available_connectors().get(connector)
    if kind is None:
        raise rows.field_error(
            "connector", f"There is no connector {connector[:60]}. See the list."
        )
    state = AppState.CONFIGURED if _accepts(kind, {}) else AppState.NOT_CONFIGURED
    return rows.create(
        InstalledApp,
        actor=actor,
        organization=organization,
        connector=connector,
        name=" ".join((name or kind.name).split()),
        state=state.value,
    )


def _accepts(connector: Connector, configuration: dict[str, Any]) -> bool:
    try:
        configurations.check_configuration(connector, configuration)
    except ValidationError:
        return False
    return True


def configure_app(
    *,
    actor: User | None,
    instance: InstalledApp,
    version: int | None = None,
    configuration: dict[str, Any] | None = None,
    **fields: Any,
) -> InstalledApp:
    """Change the configuration, the schedule (`cron`, "" for none) or the `mode` of its runs.

    Another configuration has to be tested before the app works again. A secret that is left out
    stays, one that is null is removed.
    """
    with recorded(actor=actor):
        app = _installed(rows.lock_for_update(instance, version))
        if "cron" in fields:
            fields["next_run_at"] = _next(app, fields["cron"])
        if configuration is not None:
            wanted = configurations.merge_configuration(app, configuration)
            configurations.check_configuration(available_connectors()[app.connector], wanted)
            fields |= configurations.configuration_fields(app, wanted) | {
                "state": AppState.CONFIGURED.value,
                "reason": "",
                "tested_at": None,
                "test_queued_at": None,
                "enabled_at": None,
            }
        rows.save_fields(app, fields)
    return app


def _next(app: InstalledApp, cron: str) -> datetime | None:
    if not cron:
        return None
    if Capability.NOTIFICATION in available_connectors()[app.connector].capabilities:
        raise rows.field_error(
            "cron", "It sends what happens, when it happens. Leave the time out."
        )
    try:
        return next_occurrence(cron, timezone.now())
    except ValueError as reason:
        raise rows.field_error("cron", str(reason)) from None


def request_test(*, actor: User | None, app: InstalledApp) -> bool:
    """Note that a worker is to test the app; False where one has been asked already."""
    with recorded(actor=actor):
        app = _configured(rows.lock_for_update(app))
        if is_being_tested(app):
            return False
        rows.save_fields(app, {"test_queued_at": timezone.now()})
    return True


def is_being_tested(app: InstalledApp) -> bool:
    """Whether a test waits or runs; one that has not ended in time may be asked for again."""
    since = app.test_queued_at
    return since is not None and timezone.now() - since < TEST_PATIENCE


def test_app(*, actor: User | None, app: InstalledApp) -> InstalledApp:
    """Reach the source, or send a test message, and note what came of it: tested, or error.

    It may take minutes: never in a web process. Raises Conflict where the app was configured
    meanwhile.
    """
    tested = _configured(app)
    outcome = probe.probe_app(app)  # outside of any transaction
    with recorded(actor=actor, comment=outcome.message):
        app = _configured(rows.lock_for_update(app))
        if (app.settings, app.secrets) != (tested.settings, tested.secrets):
            raise Conflict("The configuration was changed during the test. Test it again.")
        if outcome.works:
            state = AppState.ENABLED if app.enabled_at else AppState.TESTED
            found = {"state": state.value, "reason": "", "tested_at": timezone.now()}
        else:
            found = {"state": AppState.ERROR.value, "reason": outcome.message, "tested_at": None}
        rows.save_fields(app, found | {"test_queued_at": None})
    return app


def enable_app(*, actor: User | None, app: InstalledApp) -> InstalledApp:
    """From now on it runs by its schedule, or sends what happens."""
    with recorded(actor=actor):
        app = _installed(rows.lock_for_update(app))
        if app.tested_at is None:
            raise Conflict(f"This app is {_words(app)}. Test it first.")
        fields: dict[str, Any] = {"state": AppState.ENABLED.value, "reason": ""}
        if app.cron:
            fields["next_run_at"] = _next(app, app.cron)
        rows.save_fields(app, fields | {"enabled_at": app.enabled_at or timezone.now()})
    return app


def disable_app(*, actor: User | None, app: InstalledApp) -> InstalledApp:
    """It does nothing until it is enabled again; what it imported stays."""
    with recorded(actor=actor):
        app = _installed(rows.lock_for_update(app))
        if app.enabled_at is None:
            raise Conflict(f"This app is {_words(app)}, not enabled.")
        rows.save_fields(app, {"state": AppState.DISABLED.value, "reason": "", "enabled_at": None})
    return app


def uninstall_app(*, actor: User | None, app: InstalledApp) -> dict[str, int]:
    """Forget its secrets and stop it. Returns what stays in the register, by kind of object."""
    with recorded(actor=actor):
        app = _installed(rows.lock_for_update(app))
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
    return count_imported_objects(app)


def count_imported_objects(app: InstalledApp) -> dict[str, int]:
    """How many objects of each model the app has imported or changed."""
    said = Provenance.objects.for_organization(app.organization).filter(
        source=Source.CONNECTOR, source_name=app.name
    )
    return dict(Counter(said.values_list("model", flat=True)))


def _installed(app: InstalledApp) -> InstalledApp:
    if app.state == AppState.UNINSTALLED:
        raise Conflict("This app is uninstalled. Install the connector again.")
    return app


def _configured(app: InstalledApp) -> InstalledApp:
    if _installed(app).state == AppState.NOT_CONFIGURED:
        raise Conflict("This app is not configured yet. Fill in its configuration first.")
    return app


def _words(app: InstalledApp) -> str:
    return AppState(app.state).label.lower()
