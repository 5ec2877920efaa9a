"""The limit on failed logins: counted in the database before a password is looked at.

An attempt counts as a failure from its beginning, and no more once it has succeeded, so that
attempts at the same time cannot be more than the limit. An unknown device is limited by account and
by network address. A known one, where this account has logged in before, is limited by itself:
others who guess cannot lock its owner out.
"""

import hashlib
import ipaddress
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from openrisk.accounts import history
from openrisk.accounts.history import Kind
from openrisk.accounts.models import LoginFailure, User

FAILURES_PER_EMAIL = 10
FAILURES_PER_ADDRESS = 50
FAILURES_PER_DEVICE = 10
FAILURE_WINDOW = timedelta(minutes=15)


class TooManyFailures(Exception):
    pass


@transaction.atomic
def begin_attempt(*, email: str, address: str, device: str) -> LoginFailure:
    """Count an attempt of `email` (folded) as failed until it has succeeded.

    `device` is the id of a device that the account is known on, or empty. Raises TooManyFailures.
    """
    network = network_of(address)
    keys = [f"device {device} {email}"] if device else [f"email {email}", f"address {network}"]
    lock_counters(keys)
    recent = LoginFailure.objects.filter(at__gt=timezone.now() - FAILURE_WINDOW, device=device)
    of_email = recent.filter(email=email)
    if device:
        is_limited = of_email.count() >= FAILURES_PER_DEVICE
    else:
        is_limited = (
            of_email.count() >= FAILURES_PER_EMAIL
            or recent.filter(address=network).count() >= FAILURES_PER_ADDRESS
        )
    if is_limited:
        raise TooManyFailures
    return LoginFailure.objects.create(email=email, address=network, device=device)


def record_failure(attempt: LoginFailure) -> None:
    """Write into the history that this failure was the last one allowed."""
    since = timezone.now() - FAILURE_WINDOW
    same = LoginFailure.objects.filter(email=attempt.email, device=attempt.device, at__gt=since)
    limit = FAILURES_PER_DEVICE if attempt.device else FAILURES_PER_EMAIL
    if same.filter(pk__lte=attempt.pk).count() == limit:
        person = User.objects.filter(email=attempt.email).first()
        history.record_event(
            Kind.SIGN_IN_LIMITED, person=person, email=attempt.email, failures=limit
        )


def forget_failures(attempt: LoginFailure) -> None:
    """After a success: of this account, from where it came. Failures from elsewhere still count."""
    LoginFailure.objects.filter(
        email=attempt.email, address=attempt.address, device=attempt.device
    ).delete()


def forget_old_failures() -> int:
    old = LoginFailure.objects.filter(at__lte=timezone.now() - FAILURE_WINDOW)
    return old.delete()[0]


def network_of(address: str) -> str:
    """The network of one customer of a provider: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "0.0.0.0"  # noqa: S104  a placeholder, not a bind: a socket has no address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((int(ip), 64), strict=False).network_address)


def lock_counters(keys: list[str]) -> None:
    """Until the transaction ends, others who count the same wait. SQLite has one writer anyway."""
    if connection.vendor != "postgresql":
        return
    digests = (hashlib.blake2b(key.encode(), digest_size=8).digest() for key in keys)
    numbers = sorted(int.from_bytes(digest, signed=True) for digest in digests)
    with connection.cursor() as cursor:
        for number in numbers:  # in one order, so that two never wait for each other
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
