"""The history of accounts."""

from datetime import datetime
from typing import Any, ClassVar, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models.people import Membership, Organization, User


class AccountEventKind(models.TextChoices):
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_LIMITED = "sign_in_limited", _("Too many failed sign-ins")
    SIGNED_OUT = "signed_out", _("Signed out")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_SET = "password_set", _("Password set by an operator")
    ACCOUNT_CREATED = "account_created", _("Account created")
    ACCOUNT_CHANGED = "account_changed", _("Account changed")
    ACCOUNT_ACTIVATED = "account_activated", _("Account activated")
    ACCOUNT_DEACTIVATED = "account_deactivated", _("Account deactivated")
    MEMBER_ADDED = "member_added", _("Member added")
    ROLE_CHANGED = "role_changed", _("Role changed")
    MEMBER_REMOVED = "member_removed", _("Member removed")
    INVITED = "invited", _("Invited")
    INVITATION_RENEWED = "invitation_renewed", _("Invitation renewed")
    INVITATION_REVOKED = "invitation_revoked", _("Invitation revoked")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    INVITATION_DECLINED = "invitation_declined", _("Invitation declined")
    TOKEN_CREATED = "token_created", _("Token created")
    TOKEN_ENDED = "token_ended", _("Token ended")


APPEND_ONLY_ERROR = "The history of accounts is append-only."


class AppendOnlyQuerySet(models.QuerySet["AccountEvent"]):
    """Rows are added and read; roles of the database keep SQL from changing them."""

    def update(self, **fields: Any) -> NoReturn:
        raise TypeError(APPEND_ONLY_ERROR)

    delete = update  # type: ignore[assignment]

    def forget_before(self, moment: datetime) -> int:
        """Delete what is older than the history is kept, the one exception; the number of rows."""
        return self.filter(at__lt=moment)._raw_delete(self.db)  # type: ignore[attr-defined]

    def seen_by(self, administered: models.QuerySet[Organization]) -> "AppendOnlyQuerySet":
        """Events of these organizations, and of their members' accounts for as long as they are
        members."""
        members = Membership.objects.filter(
            organization__in=administered,
            user=models.OuterRef("person"),
            created_at__lte=models.OuterRef("at"),
        )
        of_account = models.Q(organization=None) & models.Exists(members)
        return self.filter(models.Q(organization__in=administered) | of_account)


def _outlived(to: type[models.Model], name: str) -> models.ForeignKey:
    """A reference that stays when its target is deleted."""
    return models.ForeignKey(
        to,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=name,
    )


class AccountEvent(models.Model):
    """Something that happened to an account, a role or a credential.

    `person` is whose account it is, `actor` who did it: None for commands, schedules and people who
    are not logged in. `email` is the address of the account, or as it was typed. `organization` is
    None for what concerns an account in all of them.
    """

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField("event", max_length=20, choices=AccountEventKind.choices)
    organization = _outlived(Organization, "organization")
    person = _outlived(User, "person")
    email = models.CharField("e-mail", max_length=254)
    actor = _outlived(User, "by")
    address = models.GenericIPAddressField("network address", null=True)
    request_id = models.CharField(max_length=128)
    detail = models.JSONField(default=dict)

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("organization", "id"), name="account_event_organization"),
            models.Index(fields=("person", "id"), name="account_event_person"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.email}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(APPEND_ONLY_ERROR)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(APPEND_ONLY_ERROR)
