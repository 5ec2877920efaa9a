"""`manage.py token_create --user EMAIL --organization SLUG [--read-only]`"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.models import Organization, User


class Command(BaseCommand):
    help = (
        "Create an API token and print it, and nothing else, on stdout. It cannot be shown again. "
        "Example: manage.py token_create --user admin@example.com --organization demo --read-only"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="EMAIL")
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--read-only", action="store_true", help="refuse every write")
        parser.add_argument("--name", default="Command line", help="shown in the list of tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["user"]).first()
        if user is None:
            raise CommandError(
                f"There is no user {options['user']}. Invite one: manage.py member_invite."
            )
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            slugs = ", ".join(Organization.objects.values_list("slug", flat=True)[:20])
            raise CommandError(
                f"There is no organization {options['organization']}. Known ones: {slugs or '-'}."
            )
        try:
            _, secret = create_token(
                user=user,
                organization=organization,
                name=options["name"],
                read_only=options["read_only"],
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(secret)
