"""`manage.py invitation_link EMAIL --organization SLUG`"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from openrisk.accounts.management.arguments import organization_argument
from openrisk.accounts.members import invitations
from openrisk.accounts.models import InvitationStatus


class Command(BaseCommand):
    help = (
        "Renew a pending invitation and print its new link; one from before ends. Give it to the "
        "owner of the address and to no one else: who opens it chooses the password. "
        "Example: manage.py invitation_link ada@acme.example --organization acme"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="address that was invited")
        parser.add_argument(
            "--organization", required=True, type=organization_argument, metavar="SLUG"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        pending = options["organization"].invitations.filter(status=InvitationStatus.PENDING)
        invitation = pending.filter(address=options["email"]).first()
        if invitation is None:
            raise CommandError(
                f"No invitation of {options['email']} is pending. "
                "Make one: manage.py member_invite."
            )
        invitations.renew_invitation(invitation, actor=None)
        self.stdout.write(invitations.make_link(invitation))
