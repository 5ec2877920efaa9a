"""Users, organizations, memberships, invitations, service accounts and API tokens."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken, AuthTokenManager

from openrisk.accounts.fields import AddressField, fold_address
from openrisk.caching.freshness import recorder
from openrisk.caching.freshness.sql_dependencies import ROLE
from openrisk.database.ids import uuid7
from openrisk.text.fields import LineField


class Role(models.TextChoices):
    """The rights of a member; each role includes the ones before it."""

    VIEWER = "viewer", _("Viewer")
    ANALYST = "analyst", _("Analyst")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Administrator")

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
    name = LineField(max_length=150, blank=True)
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text=_("Turn off to block sign-in without deleting the account."),
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


class OrganizationListQuerySet(models.QuerySet["Organization"]):
    def for_user(self, user: "User") -> "OrganizationListQuerySet":
        """The organizations a person belongs to; all of them for a superuser."""
        return self if user.is_superuser else self.filter(memberships__user=user)


class Organization(models.Model):
    """The owner of everything: each row of the register belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = LineField(max_length=150)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OrganizationListQuerySet.as_manager()

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
        recorder.record_dependencies({ROLE})  # what depends on it is not the same for all members
        return Role(self.role).includes(role)


class InvitationStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    REVOKED = "revoked", _("Revoked")


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
    name = LineField(max_length=100, blank=True)
    read_only = models.BooleanField(default=False)
    allowed_networks = models.JSONField(
        default=list,
        blank=True,
        help_text=_('CIDR networks the token may be used from, e.g. ["192.0.2.0/24"]; empty: any.'),
    )
    last_used_on = models.DateField(null=True, blank=True, editable=False)
    # The token that this one was made with: it ends with it.
    parent = models.ForeignKey("self", models.CASCADE, null=True, editable=False, related_name="+")

    objects: ClassVar[Any] = AuthTokenManager.from_queryset(ApiTokenQuerySet)()

    class Meta:
        verbose_name = "API token"
        ordering = ("-created",)
        indexes = (models.Index(fields=("user", "organization"), name="api_token_owner"),)

    def __str__(self) -> str:
        return f"{self.name or 'token'} ({self.token_key}…)"
