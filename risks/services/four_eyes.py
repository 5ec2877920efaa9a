"""The second pair of eyes is a person's."""

from openrisk.accounts.models import User
from openrisk.errors import Conflict


def require_person(user: User | None) -> None:
    """Raises Conflict for a service account, whose token any administrator can make."""
    if user is not None and user.is_service:
        raise Conflict(
            f"Four eyes: {user} is a service account, not a person. Two people have to do this, "
            "each with an account of their own."
        )
