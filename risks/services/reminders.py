"""The daily e-mail to people about what waits for them: reviews, plans, actions, acceptances."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.links import page_url
from risks.models import Acceptance, Mitigation, MitigationAction, Reminder, Risk
from risks.overdue import is_past_due
from risks.querysets import DUE_SOON

MAX_LINES = 50


def send_reminders(*, now: datetime | None = None) -> int:
    """Send one e-mail to each active member who has something due; return how many were sent.

    Running twice on a day sends nothing twice. An address that the mail server refuses raises;
    the others who were not reached yet get theirs when the task is tried again.
    """
    moment = now or timezone.now()
    return sum(remind_members(organization, moment) for organization in Organization.objects.all())


def remind_members(organization: Organization, now: datetime) -> int:
    """Remind the members of one organization; return how many.

    What is due for someone who has left, or was made inactive, goes to managers.
    """
    reachable = User.objects.filter(
        is_active=True, is_service=False, memberships__organization=organization
    )
    due = list(list_due(organization, now))
    people = User.objects.in_bulk({person for person, _ in due})
    lines: dict[Any, list[str]] = defaultdict(list)
    present = set(reachable.filter(pk__in=people).values_list("pk", flat=True))
    managers = find_managers(organization) if people.keys() - present else []
    for person, line in due:
        if person in present:
            lines[person].append(line)
            continue
        for manager in managers:
            lines[manager].append(f"{line}\n  (for {people[person]}, who is not active here)")
    people_to_remind = reachable.filter(pk__in=lines)
    reminded = Reminder.objects.filter(organization=organization, on=now.date())
    people_to_remind = people_to_remind.exclude(pk__in=reminded.values("user"))
    return sum(
        send_reminder(person, organization, now.date(), lines[person.pk])
        for person in people_to_remind
    )


def find_managers(organization: Organization) -> list[UUID]:
    """Return the managers and administrators, who get what no one else would be reminded of."""
    members = Membership.objects.filter(
        organization=organization, role__in=(Role.MANAGER, Role.ADMIN)
    )
    return list(members.values_list("user", flat=True))


def list_due(organization: Organization, now: datetime) -> Iterator[tuple[Any, str]]:
    """Yield (id of a person, line) for what is due soon, or overdue."""

    def describe(text: str, reference: str) -> str:
        return f"{text}\n  {page_url('risk-page', organization.slug, reference)}"

    limit, today = now + DUE_SOON, now.date()
    reviews = Risk.objects.for_organization(organization).review_due(limit)
    for person, reference, title, at in (
        reviews.exclude(review_by=None)
        .order_by("next_review_at", "id")
        .values_list("review_by", "reference", "title", "next_review_at")
    ):
        text = f"Review {describe_due(at.date(), today)}: {reference} {title}"
        yield person, describe(text, reference)
    mitigations = Mitigation.objects.for_organization(organization).due_by(limit.date())
    for person, reference, title, day, risk in (
        mitigations.filter(owner__isnull=False)
        .order_by("due_date", "id")
        .values_list("owner", "reference", "title", "due_date", "risk__reference")
    ):
        text = f"Mitigation {describe_due(day, today)}: {reference} {title}"
        yield person, describe(text, risk)
    actions = MitigationAction.objects.for_organization(organization).pending()
    for person, title, day, reference, risk in (
        actions.filter(due_date__lte=limit.date())
        .with_responsible()
        .exclude(responsible=None)
        .order_by("due_date", "id")
        .values_list(
            "responsible",
            "title",
            "due_date",
            "mitigation__reference",
            "mitigation__risk__reference",
        )
    ):
        text = f"Action {describe_due(day, today)}: {title} ({reference})"
        yield person, describe(text, risk)
    acceptances = Acceptance.objects.for_organization(organization)
    for person, reference, title, at in (
        acceptances.ending_by(limit)
        .order_by("expires_at", "id")
        .values_list("requester", "risk__reference", "risk__title", "expires_at")
    ):
        yield person, describe(f"Acceptance ends {at.date()}: {reference} {title}", reference)


def describe_due(day: date, today: date) -> str:
    """Return "due 2027-03-04" or "overdue since 2027-03-04"; a day is over when the next begins."""
    return f"overdue since {day}" if is_past_due(day, today) else f"due {day}"


def send_reminder(person: User, organization: Organization, day: date, lines: list[str]) -> int:
    """Send one e-mail, and return 1; 0 where another worker was first."""
    listed = [f"- {line}" for line in lines[:MAX_LINES]]
    if len(lines) > MAX_LINES:
        listed.append(f"... and {len(lines) - MAX_LINES} more.")
    everything = page_url("analyst", organization.slug)
    text = [f"What waits for you in {organization.name}:", "", *listed, "", everything]
    try:
        with transaction.atomic():  # the record stays only if the mail server took the message
            Reminder.objects.create(user=person, organization=organization, on=day)
            send_mail(
                f"OpenRisk: {len(lines)} due in {organization.name}",
                "\n".join(text) + "\n",
                settings.DEFAULT_FROM_EMAIL,
                [person.email],
            )
    except IntegrityError:
        return 0
    return 1
