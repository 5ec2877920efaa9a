"""The daily e-mail to people about what waits for them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from openrisk.accounts.models import Organization, User
from openrisk.links import page_url
from risks.models import Acceptance, AcceptanceStatus, Mitigation, MitigationStatus, Reminder, Risk
from risks.querysets import DUE_SOON

LONGEST_LIST = 50


def send_reminders(*, now: datetime | None = None) -> int:
    """One e-mail to each active member who has something due; returns how many were sent.

    Running twice on a day sends nothing twice. An address that the mail server refuses raises;
    the others who were not reached yet get theirs when the task is tried again.
    """
    moment = now or timezone.now()
    return sum(_remind_members(organization, moment) for organization in Organization.objects.all())


def _remind_members(organization: Organization, now: datetime) -> int:
    lines: dict[Any, list[str]] = defaultdict(list)
    for person, line in _due(organization, now):
        lines[person].append(line)
    people = User.objects.filter(
        pk__in=lines,
        is_active=True,
        is_service=False,
        memberships__organization=organization,
    )
    reminded = Reminder.objects.filter(organization=organization, on=now.date())
    people = people.exclude(pk__in=reminded.values("user"))
    return sum(_remind(person, organization, now.date(), lines[person.pk]) for person in people)


def _due(organization: Organization, now: datetime) -> Iterator[tuple[Any, str]]:
    """(person's id, line) for reviews, mitigations and acceptances that are due soon or late."""
    limit = now + DUE_SOON
    reviews = Risk.objects.for_organization(organization).review_due(limit)
    for person, reference, title, at in (
        reviews.exclude(review_by=None)
        .order_by("next_review_at", "id")
        .values_list("review_by", "reference", "title", "next_review_at")
    ):
        line = f"Review {_when(at.date(), now)}: {reference} {title}"
        yield person, _linked(line, organization, reference)
    ended = (MitigationStatus.DONE, MitigationStatus.CANCELLED)
    mitigations = Mitigation.objects.for_organization(organization).exclude(status__in=ended)
    for person, reference, title, day, risk in (
        mitigations.filter(due_date__lte=limit.date(), owner__isnull=False)
        .order_by("due_date", "id")
        .values_list("owner", "reference", "title", "due_date", "risk__reference")
    ):
        line = f"Mitigation {_when(day, now)}: {reference} {title}"
        yield person, _linked(line, organization, risk)
    acceptances = Acceptance.objects.for_organization(organization)
    for person, reference, title, at in (
        acceptances.filter(status=AcceptanceStatus.APPROVED, expires_at__lte=limit)
        .order_by("expires_at", "id")
        .values_list("requester", "risk__reference", "risk__title", "expires_at")
    ):
        line = f"Acceptance ends {at.date()}: {reference} {title}"
        yield person, _linked(line, organization, reference)


def _linked(line: str, organization: Organization, risk: str) -> str:
    return f"{line}\n  {page_url('risk-page', organization.slug, risk)}"


def _when(day: date, now: datetime) -> str:
    return f"due {day}" if day >= now.date() else f"overdue since {day}"


def _remind(person: User, organization: Organization, day: date, lines: list[str]) -> int:
    try:
        with transaction.atomic():  # the record stands only if the mail server took the message
            Reminder.objects.create(user=person, organization=organization, on=day)
            send_mail(
                f"OpenRisk: {len(lines)} due in {organization.name}",
                _text(organization, lines),
                settings.DEFAULT_FROM_EMAIL,
                [person.email],
            )
    except IntegrityError:
        return 0  # another worker was first
    return 1


def _text(organization: Organization, lines: list[str]) -> str:
    shown = [f"- {line}" for line in lines[:LONGEST_LIST]]
    if len(lines) > LONGEST_LIST:
        shown.append(f"... and {len(lines) - LONGEST_LIST} more.")
    everything = page_url("analyst", organization.slug)
    lines = [f"What waits for you in {organization.name}:", "", *shown, "", everything]
    return "\n".join(lines) + "\n"
