"""Arguments that several commands share. What they name and is not there is a usage error."""

from argparse import ArgumentParser, ArgumentTypeError

from django.core.management.base import CommandError

from openrisk.accounts.members.memberships import membership_of
from openrisk.accounts.models import Organization, User


def user(email: str) -> User:
    found = User.objects.filter(email__iexact=email).first()
    if found is None:
        raise ArgumentTypeError(f"there is no user {email}. Invite one: manage.py member_invite.")
    return found


def add_user(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--user",
        type=user,
        metavar="EMAIL",
        help="who does this, for the history (default: system)",
    )


def check_member(person: User | None, of: Organization) -> None:
    if person is not None and membership_of(person, of) is None:
        raise CommandError(f"{person.email} is no member of {of.slug}.", returncode=2)
