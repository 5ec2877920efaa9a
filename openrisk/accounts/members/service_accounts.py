"""Service accounts: named programs of one organization, with a role and tokens and nothing else.

They have no password and no session, and never count as a person where the register asks for a
second pair of eyes. One whose membership was removed can be added again by its name.
"""

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Membership, Organization, Role, User

# Not an administrator: a program does not decide who belongs to an organization.
SERVICE_ROLES = [(role.value, role.label) for role in Role if role != Role.ADMIN]


@transaction.atomic
def create_service_account(*, name: str, organization: Organization, role: Role | str) -> User:
    """A new service account, or the former one of this name with a role again.

    Raises ValueError where the name cannot be used.
    """
    address = check_name(name, organization)
    account = User.objects.filter(email=address).first() or User(email=address, is_service=True)
    account.name, account.is_active = name, True
    account.set_unusable_password()
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:  # another request was first
        raise ValueError(_name_taken(organization)) from None
    set_role(user=account, organization=organization, role=role)
    return account


def check_name(name: str, organization: Organization) -> str:
    """The address of an account with this name. Mail to .invalid reaches no one (RFC 2606).

    Raises ValueError where a member has it already, or the name has no letters.
    """
    local = slugify(name)[:60]
    if not local:
        raise ValueError("Give it a name with letters or digits.")
    address = f"{local}@{organization.slug}.service.invalid"
    if Membership.objects.filter(organization=organization, user__email=address).exists():
        raise ValueError(_name_taken(organization))
    return address


def _name_taken(organization: Organization) -> str:
    return f"{organization} has a service account with this name already."
