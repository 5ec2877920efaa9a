"""The models of accounts: `people`, `login`, `events` and `forms`."""

from openrisk.accounts.models.events import (
    AccountEvent,
    AccountEventKind,
    AppendOnlyQuerySet,
)
from openrisk.accounts.models.forms import (
    FormSubmission,
    FormSubmissionQuerySet,
)
from openrisk.accounts.models.login import (
    KeyFingerprint,
    LoginFailure,
)
from openrisk.accounts.models.people import (
    ApiToken,
    ApiTokenQuerySet,
    Invitation,
    InvitationStatus,
    Membership,
    Organization,
    OrganizationListQuerySet,
    Role,
    ServiceAccount,
    ServiceAccountManager,
    User,
    UserManager,
)

__all__ = (
    "AccountEvent",
    "AccountEventKind",
    "ApiToken",
    "ApiTokenQuerySet",
    "AppendOnlyQuerySet",
    "FormSubmission",
    "FormSubmissionQuerySet",
    "Invitation",
    "InvitationStatus",
    "KeyFingerprint",
    "LoginFailure",
    "Membership",
    "Organization",
    "OrganizationListQuerySet",
    "Role",
    "ServiceAccount",
    "ServiceAccountManager",
    "User",
    "UserManager",
)
