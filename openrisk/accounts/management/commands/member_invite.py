"""`manage.py member_invite EMAIL --organization SLUG [--role ROLE]`"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from openrisk.accounts.management.arguments import organization_argument
from openrisk.accounts.members import invitations
from openrisk.accounts.models import Role


class Command(BaseCommand):
    help = (
        "Invite a person into an organization, and print the link that accepts the invitation. "
        "Give it to the owner of the address and to no one else: who opens it chooses the "
        "password. Example: manage.py member_invite ada@acme.example --organization acme "
        "--role admin"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="address of the person, with or without an account")
        parser.add_argument(
            "--organization", required=True, type=organization_argument, metavar="SLUG"
        )
        parser.add_argument("--role", choices=Role.values, default=Role.VIEWER.value)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            invitation = invitations.create_invitation(
                organization=options["organization"],
                address=options["email"],
                role=options["role"],
                actor=None,
            )
        except invitations.InvitationRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(invitations.make_link(invitation))
