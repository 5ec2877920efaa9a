"""Users, organizations, memberships and API tokens."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from knox.models import AbstractAuthToken, AuthTokenManager

from openrisk.caching import recorder
from openrisk.caching.statements import ROLE
from openrisk.database.ids import uuid7


class Role(models.TextChoices):
    """What a member may do; each role includes the ones before it."""

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
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in with an e-mail address. What they may do depends on memberships."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick to refuse this person instead of deleting them."
    )
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

    def may(self, role: Role | str) -> bool:
        recorder.note(ROLE)  # what depends on it is not the same for all members
        return Role(self.role).includes(role)


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

    objects: ClassVar[Any] = AuthTokenManager()

    class Meta:
        ordering = ("-created",)
        indexes = (models.Index(fields=("user", "organization"), name="api_token_owner"),)

    def __str__(self) -> str:
        return f"{self.name or 'token'} ({self.token_key}…)"


class LoginFailure(models.Model):
    """A refused login, kept for as long as it counts against further tries."""

    email = models.CharField(max_length=254)
    address = models.GenericIPAddressField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=("email", "at"), name="login_failure_email"),
            models.Index(fields=("address", "at"), name="login_failure_address"),
        )

    def __str__(self) -> str:
        return f"{self.email} from {self.address}"


class KeyFingerprint(models.Model):
    """By what the database knows a key of the installation (openrisk.accounts.keys)."""

    name = models.CharField(max_length=20, primary_key=True)
    fingerprint = models.CharField(max_length=16)
    noted_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} {self.fingerprint}"
