"""Django's `changepassword`, after which the person has to choose a password of their own."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.core.management.base import CommandError

from openrisk.accounts.credentials.passwords import require_change
from openrisk.accounts.models import User


class Command(changepassword.Command):
    help = (
        "Set a first password, which its owner has to replace at the next login. Ends all sessions "
        "and tokens of the account. Example: manage.py changepassword ada@acme.example"
    )

    def handle(self, *args: Any, **options: Any) -> Any:
        user = User.objects.filter(email=options["username"] or "").first()
        if user is not None and user.is_service:
            raise CommandError(f"{user.email} is a service account, which has no password.")
        result = super().handle(*args, **options)
        if user is not None:
            user.refresh_from_db()
            require_change(user)
        return result
