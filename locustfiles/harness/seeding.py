"""Fills a database for load: `python -m locustfiles.harness.seeding RISKS ORGANIZATIONS`.

Prints the JSON that `locustfiles/callers.py` reads: each organization with a marker that stands in
its titles and names and nowhere else, tokens of two of its people, and the session of one.
"""

import json
import secrets
import sys
from datetime import UTC, datetime
from typing import Any

import django

ROLES = ("analyst", "manager")
CONNECTORS = ("register", "trivy")
STEP = 10  # organizations differ by so many risks: the count of another is noticed
# What carries the marker: table, column.
MARKED = (
    ("risks_risk", "title"),
    ("risks_category", "name"),
    ("risks_mitigation", "title"),
    ("risks_asset", "name"),
    ("risks_control", "title"),
    ("risks_finding", "title"),
)


def main(risks: int, organizations: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from openrisk.accounts.models import Organization

    call_command("migrate", verbosity=0)
    # Each call fills one organization fewer up to a larger size.
    for left, size in enumerate(sizes(risks, organizations)):
        command: dict[str, Any] = {"organizations": organizations - left, "risks": size, "seed": 1}
        call_command("seed_demo", stdout=sys.stderr, **command)
    made = [_prepare(organization) for organization in Organization.objects.order_by("slug")]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(json.dumps({"organizations": made}))


def sizes(risks: int, organizations: int) -> list[int]:
    """Of the organizations, the smallest first; together about `risks`."""
    middle = (organizations - 1) / 2
    return [round(risks / organizations + STEP * (n - middle)) for n in range(organizations)]


def _prepare(organization: Any) -> dict[str, Any]:
    marker = f"mark{secrets.token_hex(6)}"
    _mark(organization, marker)
    for connector in CONNECTORS:
        _install(organization, connector, marker)
    people = [_person(organization, role) for role in ROLES]
    return {
        "name": organization.slug,
        "marker": marker,
        "tokens": [_token(person, organization) for person in people],
        "session": _session(people[0]),
    }


def _mark(organization: Any, marker: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table, column in MARKED:
            cursor.execute(
                f"UPDATE {table} SET {column} = left({column}, 120) || ' ' || %s "  # noqa: S608
                "WHERE organization_id = %s",
                [marker, organization.pk],
            )


def _install(organization: Any, connector: str, marker: str) -> None:
    from marketplace.installations.lifecycle import install_app

    install_app(
        actor=None, organization=organization, connector=connector, name=f"{connector} {marker}"
    )


def _person(organization: Any, role: str) -> Any:
    from openrisk.accounts.members.memberships import set_role
    from openrisk.accounts.models import User

    user = User.objects.create(email=f"{role}@{organization.slug}.example.com", name=role.title())
    set_role(user=user, organization=organization, role=role)
    return user


def _token(person: Any, organization: Any) -> str:
    from openrisk.accounts.credentials.tokens import create_token

    token, secret = create_token(user=person, organization=organization)
    # Written at a day's first use, which is not what is measured.
    type(token).objects.filter(pk=token.pk).update(last_used_on=datetime.now(UTC).date())
    return secret


def _session(person: Any) -> str:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
