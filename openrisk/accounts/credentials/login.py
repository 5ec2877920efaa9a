"""Logging in with an address and a password, within the limit of failures (`login_limits`)."""

from django.contrib.auth import authenticate
from django.http import HttpRequest

from openrisk.accounts import metrics
from openrisk.accounts.credentials import devices, login_limits
from openrisk.accounts.fields import fold_address
from openrisk.accounts.models import User


class LoginRefused(Exception):
    """The login was not accepted; `retry_after` (seconds) is set when there were too many tries."""

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def check_password(*, request: HttpRequest, email: str, password: str) -> User:
    """The active user with this e-mail and password, or LoginRefused (`login_limits`).

    An address that is not ASCII belongs to no one, but its failures count for what it looks like.
    """
    folded = fold_address(email)[:254]
    try:
        attempt = login_limits.begin_attempt(
            email=folded,
            address=request.META.get("REMOTE_ADDR", ""),
            device=devices.find_device(request, folded),
        )
    except login_limits.TooManyFailures:
        metrics.logins.labels("limited").inc()
        seconds = int(login_limits.FAILURE_WINDOW.total_seconds())
        raise LoginRefused(
            f"Too many failed logins. Wait {seconds // 60} minutes.", seconds
        ) from None
    user = authenticate(request, username=email.strip(), password=password)
    if user is None:
        login_limits.record_failure(attempt)
        metrics.logins.labels("refused").inc()
        raise LoginRefused("E-mail and password do not match an active account. Check both.")
    login_limits.forget_failures(attempt)
    metrics.logins.labels("done").inc()
    return user
