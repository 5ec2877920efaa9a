"""API tokens: made by their owner, never wider than the token they were made with."""

import ipaddress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.settings import knox_settings

from openrisk.accounts import history
from openrisk.accounts.history import Kind
from openrisk.accounts.members.memberships import membership_of
from openrisk.accounts.models import ApiToken, Membership, Organization, User

LONGEST_DAYS = 366
MOST_TOKENS = 200  # of a person, in all organizations


class TokenRefused(ValueError):
    """No such token is made; `field` is the one to correct, empty for none."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def create_token(
    *,
    user: User,
    organization: Organization,
    name: str = "",
    read_only: bool = False,
    allowed_networks: list[str] | None = None,
    lifetime: timedelta | None = None,
    parent: ApiToken | None = None,
    replaces_oldest: bool = False,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which cannot be read again; 90 days unless `lifetime` is given.

    One made with the token `parent` lasts at most as long, from the same networks at most, and ends
    with it. A person has at most MOST_TOKENS: one more is refused, or ends the oldest of the same
    name where it `replaces_oldest`. Raises ValueError for a malformed network, and TokenRefused.
    """
    networks = [str(ipaddress.ip_network(network)) for network in allowed_networks or []]
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # see ApiTokenQuerySet.revoke
    _check_owner(user, organization)
    _make_room(user, name if replaces_oldest else None)
    if parent is not None:
        networks, lifetime = narrow_to_parent(parent, networks, lifetime)
        read_only = read_only or parent.read_only
    token, secret = ApiToken.objects.create(
        user=user,
        expiry=lifetime or knox_settings.TOKEN_TTL,
        organization=organization,
        name=name,
        read_only=read_only,
        allowed_networks=networks,
        parent=parent,
    )
    if parent is not None and parent.expiry and token.expiry > parent.expiry:
        token.expiry = parent.expiry  # a moment has passed since
        token.save(update_fields=["expiry"])
    history.record_event(
        Kind.TOKEN_CREATED,
        person=user,
        organization=organization,
        token=token.token_key,
        name=name,
        read_only=read_only,
        networks=networks,
        expires_at=token.expiry.isoformat(),
    )
    return token, secret


def revoke_of_member(instance: Membership, **kwargs: Any) -> None:
    """Tokens end with the membership, and do not come back with a later one.

    One that is just being made is waited for: it is not seen before its transaction has ended.
    """
    User.objects.select_for_update(no_key=True).filter(pk=instance.user_id).first()
    ApiToken.objects.filter(user=instance.user_id, organization=instance.organization_id).revoke()


def _check_owner(user: User, organization: Organization) -> None:
    if membership_of(user, organization) is None:
        raise TokenRefused(
            _("%(email)s is not a member of %(slug)s: invite them first.")
            % {"email": user.email, "slug": organization.slug}
        )
    if user.password_change_required:
        raise TokenRefused(
            _("%(email)s has to choose a password first: log in once.") % {"email": user.email}
        )


def _make_room(user: User, replaced_name: str | None) -> None:
    """Keep the number of the person's live tokens below MOST_TOKENS, or raise TokenRefused."""
    unexpired = Q(expiry=None) | Q(expiry__gt=timezone.now())
    live = ApiToken.objects.filter(unexpired, user=user)
    excess = live.count() - MOST_TOKENS + 1
    if excess <= 0:
        return
    if replaced_name is None:
        raise TokenRefused(
            _("%(email)s has %(most)s tokens, which is the most. Revoke one that is not needed.")
            % {"email": user.email, "most": MOST_TOKENS}
        )
    oldest = live.filter(name=replaced_name).order_by("created").values_list("pk", flat=True)
    ApiToken.objects.filter(pk__in=list(oldest[:excess])).revoke()


def narrow_to_parent(
    parent: ApiToken, networks: list[str], lifetime: timedelta | None
) -> tuple[list[str], timedelta]:
    """The networks and the lifetime of a token that is made with `parent`."""
    if not ApiToken.objects.filter(pk=parent.pk).exists():
        raise TokenRefused(_("The token that this was asked with has just been revoked."))
    left = parent.expiry - timezone.now() if parent.expiry else timedelta.max
    if lifetime is not None and lifetime > left:
        raise TokenRefused(
            f"The token you use ends at {parent.expiry:%Y-%m-%d %H:%M} UTC, and one made with it "
            "ends no later. Leave this out, or make the token on your account page.",
            field="days",
        )
    outside = [network for network in networks if not _is_inside(network, parent.allowed_networks)]
    if outside:
        raise TokenRefused(
            _(
                "%(outside)s: the token you use may be used from %(allowed)s only, and so "
                "may one made with it."
            )
            % {"outside": ", ".join(outside), "allowed": ", ".join(parent.allowed_networks)},
            field="allowed_networks",
        )
    return networks or parent.allowed_networks, lifetime or min(left, knox_settings.TOKEN_TTL)


def _is_inside(network: str, allowed: list[str]) -> bool:
    inner = ipaddress.ip_network(network)
    outers = [ipaddress.ip_network(outer) for outer in allowed]
    return not outers or any(
        inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
        for outer in outers
    )
