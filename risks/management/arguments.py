"""Arguments that several commands share. A name that does not exist is a usage error."""

from argparse import ArgumentParser, ArgumentTypeError

from django.core.management.base import CommandError

from openrisk.accounts.members.memberships import membership_of
from openrisk.accounts.models import Organization, User


def user_argument(email: str) -> User:
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise ArgumentTypeError(f"there is no user {email}. Invite one: manage.py member_invite.")
    return user


def add_user(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--user",
        type=user_argument,
        metavar="EMAIL",
        help="the user who does this, for the history (default: system)",
    )


def check_member(user: User | None, organization: Organization) -> None:
    if user is not None and membership_of(user, organization) is None:
        raise CommandError(
            f"{user.email} is not a member of {organization.slug}. Name a member with --user.",
            returncode=2,
        )
