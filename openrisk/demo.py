"""The demo: an organization to look around in, with a person who may do everything there.

Its password and token are generated, and kept in `VAR_DIR/demo.json`, which only the user who runs
OpenRisk can read (mode 0600).
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from knox.crypto import hash_token

from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import ApiToken, Organization, Role, User
from openrisk.server.supervisor import local_url
from risks.demo.written.own_work import give_own_work
from risks.demo.written.reading import written_risks

ORGANIZATION = "demo"
EMAIL = "admin@example.com"


@dataclass(frozen=True)
class Demo:
    """The credentials that a newcomer needs."""

    url: str
    organization: str
    email: str
    password: str
    token: str


class DemoLost(Exception):
    """The account exists but its password is known no more; the message says what to do."""


def create_demo() -> Demo:
    """The demo, created with its data unless it is there already. Raises DemoLost."""
    demo, user = read_demo(), _user()
    if user is None:
        call_command("seed_demo", risks=len(written_risks()), organizations=1, seed=1)
        return _create_account()
    if demo is None:
        raise DemoLost(
            f"{EMAIL} exists, but {credentials_file()} with its password is missing or unreadable. "
            f"Set a new password with `manage.py changepassword {EMAIL}`."
        )
    if demo.url != local_url():
        demo = replace(demo, url=local_url())
        _write(demo)
    return demo


def read_demo() -> Demo | None:
    try:
        return Demo(**json.loads(credentials_file().read_text()))
    except (OSError, TypeError, ValueError):
        return None


def credentials_file() -> Path:
    return settings.VAR_DIR / "demo.json"


def find_outdated(demo: Demo) -> list[str]:
    """Each part of `demo` that is out of date, with what to do about it."""
    user = _user()
    if user is None:
        return [f"The account {EMAIL} was deleted: `manage.py demo_create` creates it again."]
    problems = []
    if not user.is_active:
        problems.append(
            f"The account {EMAIL} is switched off: another superuser can switch it on in the admin."
        )
    if not user.check_password(demo.password):
        problems.append(
            "The password was changed since, so this one is refused: use yours, or set a new one "
            f"with `manage.py changepassword {EMAIL}`."
        )
    token = ApiToken.objects.filter(digest=hash_token(demo.token)).first()
    if token is None or (token.expiry is not None and token.expiry <= timezone.now()):
        problems.append(
            f"The token {'has expired' if token else 'was revoked'}: `manage.py token_create "
            f"--user {EMAIL} --organization {ORGANIZATION}` prints a new one."
        )
    return problems


def _user() -> User | None:
    return User.objects.filter(email__iexact=EMAIL).first()


@transaction.atomic
def _create_account() -> Demo:
    organization, _ = Organization.objects.get_or_create(
        slug=ORGANIZATION, defaults={"name": "Demo"}
    )
    password = secrets.token_urlsafe(12)
    user = User.objects.create_superuser(EMAIL, password, name="Administrator")
    set_role(user=user, organization=organization, role=Role.ADMIN)
    give_own_work(person=user, organization=organization)
    _, token = create_token(user=user, organization=organization, name="demo")
    demo = Demo(local_url(), ORGANIZATION, EMAIL, password, token)
    _write(demo)  # before the commit: an account with an unknown password would be worse
    return demo


def _write(demo: Demo) -> None:
    draft = credentials_file().with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(asdict(demo), handle, indent=2)
    draft.replace(credentials_file())
