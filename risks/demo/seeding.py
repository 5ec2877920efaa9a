"""Fills organizations with invented risks: the same ones for the same seed, each once."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.utils import timezone

from openrisk.accounts.models import Organization
from openrisk.database.ids import uuid7
from risks.demo.reference_data import create_reference_data
from risks.demo.risk_builder import RiskBuilder
from risks.demo.scans import record_scans
from risks.demo.timeline import Timeline
from risks.demo.written.builder import WrittenRiskBuilder
from risks.demo.written.extras import add_extras
from risks.demo.written.reading import written_risks
from risks.models import Risk

NAMESPACE = UUID("5d0c7a0e-6f0b-5b7e-9a57-0f7d5b1c2e34")
CHUNK = 20_000  # risks written in one transaction, and held in memory at once
DAYS = 546  # eighteen months
WORKING_DAYS = (1, 3)  # the register is worked on on Tuesdays and Thursdays ...
HOUR = 9  # ... at this hour, UTC


@dataclass(frozen=True)
class SeedResult:
    """The rows added to one organization, counted by their kind."""

    organization: str
    created: dict[str, int]


def seed_organizations(
    *, risks: int, organizations: int, seed: int, progress: Callable[[int], object]
) -> list[SeedResult]:
    """Make sure that each of `organizations` has the `risks` risks of `seed`: first the written
    ones, then load data.

    Add what is missing; leave what exists as it is. Dates are relative to today (UTC).
    `progress` gets the number of further risks that are done. Each chunk is one transaction.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        # No savepoint is open here, so what a statement may have to undo is small and forgotten at
        # once: memory is the place for it (see the settings for why not always).
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA temp_store = MEMORY")
    results = []
    for number in range(1, organizations + 1):
        organization = get_or_create_organization(number)
        created = fill_organization(organization, risks, seed, progress)
        results.append(SeedResult(organization.slug, created))
    if any(result.created.get("risks") for result in results):
        refresh_statistics()
    return results


def get_or_create_organization(number: int) -> Organization:
    """The demo organization of this number, with the same id on every new database.

    All other ids derive from its id, so one that has been renamed cannot get in the way.
    """
    slug, name = ("demo", "Demo") if number == 1 else (f"demo-{number}", f"Demo {number}")
    present = Organization.objects.filter(slug=slug).first()
    if present is not None:
        return present
    pk = uuid5(NAMESPACE, slug)
    renamed = Organization.objects.filter(pk=pk).exists()
    return Organization.objects.create(id=uuid7() if renamed else pk, slug=slug, name=name)


def fill_organization(
    organization: Organization, risks: int, seed: int, progress: Callable[[int], object]
) -> dict[str, int]:
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    moments = list(working_moments(today))
    created = Counter(Timeline([]).count_created())
    with transaction.atomic():
        reference = create_reference_data(
            organization, seed=seed, risks=risks, today=today, moments=moments
        )
        created["assets"] = len(reference.new_assets)
        created["findings"] = record_scans(reference)
    present = set(Risk.objects.for_organization(organization).values_list("pk", flat=True))
    missing = [index for index in range(risks) if reference.id_for("risk", index) not in present]
    progress(risks - len(missing))
    for start in range(0, len(missing), CHUNK):
        with transaction.atomic():
            timeline = Timeline(moments)
            for index in missing[start : start + CHUNK]:
                is_written = index < len(written_risks())
                builder = WrittenRiskBuilder if is_written else RiskBuilder
                builder(reference, timeline, index).build()
            timeline.write(
                organization,
                creator=reference.people["analyst"],
                changer=reference.people["manager"],
                progress=progress,
            )
            created.update(timeline.count_created())
            add_extras(reference, missing[start : start + CHUNK])
    return dict(created)


def working_moments(today: datetime) -> Iterator[datetime]:
    """Yield the moments of the past when the register was worked on, the earliest first."""
    for ago in range(DAYS, 0, -1):
        day = today - timedelta(days=ago)
        if day.weekday() in WORKING_DAYS:
            yield day + timedelta(hours=HOUR)


def refresh_statistics() -> None:
    """Update the planner's statistics; index-only scans on PostgreSQL need a fresh visibility map.

    PostgreSQL cannot vacuum inside a caller's transaction.
    """
    if connection.in_atomic_block:
        return
    tables = [name for name in connection.introspection.table_names() if name.startswith("risks_")]
    with connection.cursor() as cursor:
        for table in tables:
            command = "VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE"
            cursor.execute(f"{command} {connection.ops.quote_name(table)}")
