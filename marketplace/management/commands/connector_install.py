import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from marketplace.connectors.base import Capability, Connector
from marketplace.installations import lifecycle
from marketplace.installations.configuration import report_address
from marketplace.models import AppState, InstalledApp
from marketplace.registry import available_connectors, connector_of
from openrisk.accounts.management.arguments import organization_argument
from openrisk.accounts.models import Organization
from openrisk.errors import Conflict
from risks.management.arguments import add_user, check_member

USAGE = 2


class Command(BaseCommand):
    help = (
        "Install, configure, test and enable an app in one go. An app of this name that is there "
        "already is configured, tested and enabled again. "
        "Example: python manage.py connector_install sarif --organization demo --name Shop "
        "--set asset=shop"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connector", help="the slug or the name of a connector")
        parser.add_argument(
            "--organization", type=organization_argument, required=True, metavar="SLUG"
        )
        parser.add_argument(
            "--name", default="", help="of the app (default: that of the connector)"
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            dest="values",
            metavar="KEY=VALUE",
            help="a setting; JSON unless it is a text. KEY=@FILE takes the content of a file, so "
            "that a secret is in no command line. May be given several times",
        )
        add_user(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor, organization = options["user"], options["organization"]
        check_member(actor, organization)
        connector = find_connector(options["connector"])
        settings = dict(read_setting(connector, text) for text in options["values"])
        try:
            with transaction.atomic():
                app = find_or_install(organization, connector, options["name"], actor)
                configuration = app.settings | settings
                app = lifecycle.configure_app(
                    actor=actor, instance=app, configuration=configuration
                )
            app = lifecycle.test_app(actor=actor, app=app)
            if app.state == AppState.ERROR:
                raise CommandError(
                    f"{app.name} is installed and does not work yet. {app.reason} "
                    "Once that is corrected, run this command again."
                )
            app = lifecycle.enable_app(actor=actor, app=app)
        except ValidationError as error:
            raise CommandError(describe_errors(error), returncode=USAGE) from None
        except Conflict as refusal:
            raise CommandError(" ".join(refusal.reasons)) from None
        self.stdout.write(f"{app.name} is installed, tested and enabled.")
        if next_step := suggest_next_step(app):
            self.stdout.write(next_step)


def find_connector(name: str) -> Connector:
    """Find a connector by its slug or name. Raises CommandError."""
    for connector in available_connectors().values():
        if name.lower() in (connector.slug, connector.name.lower()):
            return connector
    slugs = ", ".join(sorted(available_connectors()))
    message = f"There is no connector {name}. Choose one of: {slugs}."
    raise CommandError(message, returncode=USAGE)


def read_setting(connector: Connector, text: str) -> tuple[str, Any]:
    """The name and the value of KEY=VALUE. Raises CommandError."""
    name, separator, value = text.partition("=")
    if not separator:
        raise CommandError(f"--set {text}: write it as KEY=VALUE.", returncode=USAGE)
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text().strip()
        except (OSError, UnicodeDecodeError):
            message = f"--set {name}: the file {value[1:]} cannot be read. Name another."
            raise CommandError(message, returncode=USAGE) from None
    if connector.schema["properties"].get(name, {}).get("type", "string") == "string":
        return name, value
    try:
        return name, json.loads(value)
    except ValueError:
        message = f'--set {name}: not valid JSON. Write true, 3, ["a"] or {{"a": "b"}}.'
        raise CommandError(message, returncode=USAGE) from None


def find_or_install(
    organization: Organization, connector: Connector, name: str, actor: Any
) -> InstalledApp:
    installed = InstalledApp.objects.for_organization(organization).installed()
    app = installed.filter(name__iexact=name or connector.name).first()
    if app is None:
        return lifecycle.install_app(
            actor=actor, organization=organization, connector=connector.slug, name=name
        )
    if app.connector != connector.slug:
        message = f"There is an app {app.name} already, of {app.connector}. Choose another --name."
        raise CommandError(message, returncode=USAGE)
    return app


def describe_errors(error: ValidationError) -> str:
    """A sentence for each mistake, behind the setting that it is about."""
    lines = [
        f"{field.removeprefix('configuration').lstrip('/')}: {message}".removeprefix(": ")
        for field, messages in error.message_dict.items()
        for message in messages
    ]
    return "\n".join(lines)


def suggest_next_step(app: InstalledApp) -> str:
    """The command that imports something, or an empty string."""
    connector = connector_of(app)
    if Capability.NOTIFICATION in connector.capabilities:
        return ""
    command = f'manage.py connector_sync "{app.name}" --organization {app.organization.slug}'
    if report_address(connector, app.settings):
        return f"See what it would import: {command}"
    return f"See what it would import: {command} --file REPORT"
