"""Arguments that several commands of the marketplace share."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from marketplace.models import InstalledApp
from openrisk.accounts.management.arguments import organization_argument
from openrisk.accounts.models import Organization
from risks.management.arguments import add_user


def add_app_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("app", help="the name of the app, or its connector's where it is the only")
    parser.add_argument("--organization", type=organization_argument, required=True, metavar="SLUG")
    add_user(parser)


def find_app(organization: Organization, name: str) -> InstalledApp:
    """By name, else by connector. A usage error where there is none, or several."""
    installed = InstalledApp.objects.for_organization(organization).installed()
    found = list(installed.filter(name__iexact=name)) or list(installed.filter(connector=name))
    if len(found) == 1:
        return found[0]
    names = ", ".join(installed.values_list("name", flat=True)) or "none"
    many = "several apps" if found else "no app"
    raise CommandError(f"There is {many} {name}. Installed ones: {names}.", returncode=2)
