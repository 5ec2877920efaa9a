"""Arguments that several commands of the marketplace share."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from marketplace.models import InstalledApp
from marketplace.registry import available_connectors
from openrisk.accounts.management.arguments import organization_argument
from openrisk.accounts.models import Organization
from risks.management.arguments import add_user


def add_app_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "app", help="the name of the app, or the slug of its connector if that is unique"
    )
    parser.add_argument("--organization", type=organization_argument, required=True, metavar="SLUG")
    add_user(parser)


def find_app(organization: Organization, name: str) -> InstalledApp:
    """Find an app by its name, else by its connector. Raises CommandError unless it is unique."""
    installed = InstalledApp.objects.for_organization(organization).installed()
    apps = list(installed.filter(name__iexact=name)) or list(installed.filter(connector=name))
    if len(apps) == 1:
        return apps[0]
    names = ", ".join(installed.values_list("name", flat=True)) or "none"
    number = "several apps" if apps else "no app"
    advice = "Name one of these."
    if not apps and (connector := name.lower()) in available_connectors():
        command = f"manage.py connector_install {connector} --organization {organization.slug}"
        advice = f"Install it: {command}"
    message = f"There is {number} {name}. Installed: {names}. {advice}"
    raise CommandError(message, returncode=2)
