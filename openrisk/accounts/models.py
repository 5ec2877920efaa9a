"""Users, organizations, memberships, API tokens, and the history of accounts."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager

from openrisk.accounts.fields import AddressField, fold_address
from openrisk.caching.freshness import recorder
from openrisk.caching.freshness.sql_dependencies import ROLE
from openrisk.database.ids import uuid7


class Role(models.TextChoices):
    """The rights of a member; each role includes the ones before it."""

    VIEWER = "viewer", "Viewer"
    ANALYST = "analyst", "Analyst"
    MANAGER = "manager", "Manager"
    ADMIN = "admin", "Administrator"

    def includes(self, other: "Role | str") -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(Role(other))


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address: it is the login.")
        if not email.isascii():
            raise ValueError(f"{email} cannot be a login: it is not written in ASCII.")
        user = self.model(email=fold_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Of one spelling only: no other letters are taken for ASCII ones."""
        return self.get(email=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in with an e-mail address. What they may do depends on memberships."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = AddressField("e-mail", unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick to refuse this person instead of deleting them."
    )
    # Set by someone else: nothing else works before its owner has chosen one of their own.
    password_change_required = models.BooleanField(default=False, editable=False)
    # A program of an organization: tokens, no password, and never one of the four eyes.
    is_service = models.BooleanField("service account", default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("email",)
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message="A user with this e-mail address exists already.",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password ends the person's tokens; their sessions end by Django's digest of it."""
        is_changed = self._password is not None and not self._state.adding  # type: ignore[attr-defined]
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_changed:
                ApiToken.objects.filter(user=self).revoke()

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] or self.email

    @property
    def is_staff(self) -> bool:
        """Managers and admins of any organization enter Django admin; so do superusers."""
        return self.is_superuser or (
            self.is_active and self.memberships.filter(role__in=(Role.MANAGER, Role.ADMIN)).exists()
        )


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def for_user(self, user: "User") -> "OrganizationQuerySet":
        """The organizations a person belongs to; all of them for a superuser."""
        return self if user.is_superuser else self.filter(memberships__user=user)


class Organization(models.Model):
    """The owner of everything: each row of the register belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=150)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one organization."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("user", "organization"), name="membership_unique"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    def has_role(self, role: Role | str) -> bool:
        recorder.record_dependency(ROLE)  # what depends on it is not the same for all members
        return Role(self.role).includes(role)


class InvitationStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    REVOKED = "revoked", "Revoked"


class Invitation(models.Model):
    """The offer of a role in an organization to the owner of an e-mail address.

    The link that accepts it is mailed; `digest` is the SHA-256 of its secret, None until there is
    one. Whether the address has an account is nothing that the organization learns.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    address = AddressField("e-mail")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    status = models.CharField(
        max_length=8, choices=InvitationStatus.choices, default=InvitationStatus.PENDING
    )
    digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "address"),
                condition=models.Q(status="pending"),
                name="invitation_one_pending",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="invitation_role_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.address} ({self.get_role_display()})"

    @property
    def is_open(self) -> bool:
        return self.status == InvitationStatus.PENDING and self.expires_at > timezone.now()


class ServiceAccountManager(models.Manager["ServiceAccount"]):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(is_service=True)


class ServiceAccount(User):
    """The users that are programs, as the administration lists them."""

    objects: ClassVar[Any] = ServiceAccountManager()

    class Meta:
        proxy = True


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def revoke(self) -> int:
        """Delete these tokens and those made with them.

        Their people are locked first, as they are while a token is made: none slips in between.
        """
        with transaction.atomic():
            people = User.objects.filter(pk__in=self.values("user")).order_by("pk")
            list(people.select_for_update(no_key=True).values_list("pk"))
            return self.delete()[0]


class ApiToken(AbstractAuthToken):
    """A credential bound to one user and one organization, stored as a hash, shown once.

    `token_key` is the visible beginning, `digest` the SHA-512 of the whole.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, blank=True)
    read_only = models.BooleanField(default=False)
    allowed_networks = models.JSONField(
        default=list,
        blank=True,
        help_text='CIDR networks the token may be used from, e.g. ["192.0.2.0/24"]; empty: any.',
    )
    last_used_on = models.DateField(null=True, blank=True, editable=False)
    # The token that this one was made with: it ends with it.
    parent = models.ForeignKey("self", models.CASCADE, null=True, editable=False, related_name="+")

    objects: ClassVar[Any] = AuthTokenManager.from_queryset(ApiTokenQuerySet)()

    class Meta:
        ordering = ("-created",)
        indexes = (models.Index(fields=("user", "organization"), name="api_token_owner"),)

    def __str__(self) -> str:
        return f"{self.name or 'token'} ({self.token_key}…)"


class LoginFailure(models.Model):
    """An attempt to log in that has not succeeded, kept for as long as it counts against others.

    `address` is the network address, of IPv6 its /64. `device` is the id of a device that the
    account was known on, whose attempts are counted by themselves.
    """

    email = models.CharField(max_length=254)
    address = models.GenericIPAddressField()
    device = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=("email", "at"), name="login_failure_email"),
            models.Index(fields=("address", "at"), name="login_failure_address"),
        )

    def __str__(self) -> str:
        return f"{self.email} from {self.address}"


class KeyFingerprint(models.Model):
    """By what the database knows a key of the installation (openrisk.accounts.key_fingerprints)."""

    name = models.CharField(max_length=20, primary_key=True)
    fingerprint = models.CharField(max_length=16)
    noted_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} {self.fingerprint}"


class AccountEventKind(models.TextChoices):
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_LIMITED = "sign_in_limited", "Too many failed sign-ins"
    SIGNED_OUT = "signed_out", "Signed out"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_SET = "password_set", "Password set by an operator"
    ACCOUNT_CREATED = "account_created", "Account created"
    ACCOUNT_CHANGED = "account_changed", "Account changed"
    ACCOUNT_ACTIVATED = "account_activated", "Account activated"
    ACCOUNT_DEACTIVATED = "account_deactivated", "Account deactivated"
    MEMBER_ADDED = "member_added", "Member added"
    ROLE_CHANGED = "role_changed", "Role changed"
    MEMBER_REMOVED = "member_removed", "Member removed"
    INVITED = "invited", "Invited"
    INVITATION_RENEWED = "invitation_renewed", "Invitation renewed"
    INVITATION_REVOKED = "invitation_revoked", "Invitation revoked"
    INVITATION_ACCEPTED = "invitation_accepted", "Invitation accepted"
    INVITATION_DECLINED = "invitation_declined", "Invitation declined"
    TOKEN_CREATED = "token_created", "Token created"
    TOKEN_ENDED = "token_ended", "Token ended"


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


class FormSubmissionQuerySet(models.QuerySet["FormSubmission"]):
    KEPT_FOR = timedelta(hours=24)

    def delete_old(self) -> int:
        return self.filter(created_at__lte=timezone.now() - self.KEPT_FOR).delete()[0]


class FormSubmission(models.Model):
    """A form of a page that has created something, and where that is shown (`submissions`)."""

    key = models.CharField(max_length=64, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    location = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar[Any] = FormSubmissionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.location
