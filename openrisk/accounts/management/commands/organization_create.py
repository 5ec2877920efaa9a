"""`manage.py organization_create SLUG [--name NAME]`"""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from openrisk.accounts.models import Organization


class Command(BaseCommand):
    help = (
        "Create an organization, once: a second run changes nothing. "
        "Example: manage.py organization_create acme --name 'Acme Ltd', then "
        "manage.py member_invite ada@acme.example --organization acme --role admin"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="its short name, in addresses: letters, digits, hyphens")
        parser.add_argument("--name", help="its name; by default the short name")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        if Organization.objects.filter(slug=slug).exists():
            self.stdout.write(f"{slug} exists already.")
            return
        organization = Organization(slug=slug, name=options["name"] or slug)
        try:
            organization.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from None
        organization.save()
        self.stdout.write(f"{slug} is created.")
