"""Fill the hammer's database and print the plan: `python -m tests.proofs.hammer.seed RISKS`.

The plan (JSON) names organizations with their secret marker, tokens and risks, and the session of
an administrator.
"""

import json
import secrets
import sys
from typing import Any

import django

ORGANIZATIONS = 3
READERS = ("viewer", "viewer", "manager")  # the first two have the same rights


def main() -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    risks = int(sys.argv[1])
    plan = {
        "organizations": [_organization(number, risks) for number in range(ORGANIZATIONS)],
        "session": _session(),
    }
    print(json.dumps(plan))


def _organization(number: int, risks: int) -> dict[str, Any]:
    from openrisk.accounts.models import Organization

    organization = Organization.objects.create(name=f"Anvil {number}", slug=f"anvil-{number}")
    marker = secrets.token_hex(8)
    first = number * risks
    return {
        "id": str(organization.pk),
        "marker": marker,
        "tokens": [_token(organization, role, index) for index, role in enumerate(READERS)],
        "writer": _token(organization, "analyst", len(READERS)),
        "risks": [_risk(organization, first + index, marker) for index in range(risks)],
    }


def _token(organization: Any, role: str, index: int) -> str:
    from openrisk.accounts.credentials.tokens import create_token
    from openrisk.accounts.members.memberships import set_role
    from openrisk.accounts.models import User

    user = User.objects.create(email=f"{role}{index}@{organization.slug}.example.com")
    set_role(user=user, organization=organization, role=role)
    return create_token(user=user, organization=organization)[1]


def _risk(organization: Any, index: int, marker: str) -> dict[str, Any]:
    from risks.services import mitigations, risks
    from tests.proofs.hammer.board import DESCRIPTION, MITIGATION, TAG, slot_of, stamp

    description, tag, title = (
        stamp(slot_of(index, kind), 0, marker) for kind in (DESCRIPTION, TAG, MITIGATION)
    )
    risk = risks.create_risk(
        actor=None,
        organization=organization,
        title=f"Struck {index}",
        description=description,
        tags=[tag],
    )
    mitigation = mitigations.create_mitigation(
        actor=None, organization=organization, risk=risk, title=title
    )
    return {"index": index, "id": str(risk.pk), "mitigation": str(mitigation.pk)}


def _session() -> str:
    from django.conf import settings
    from django.test import Client

    from openrisk.accounts.models import User

    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", secrets.token_hex()))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    main()
