"""All queues, by their names in addresses."""

from django.db.models import CharField, Count, Value

from openrisk.accounts.models import Membership
from risks.pages.queues.base import Queue
from risks.pages.queues.feeds import ProposalQueue, SuggestionQueue
from risks.pages.queues.people import AcceptanceQueue, ReviewQueue, ValidationQueue

QUEUES: dict[str, Queue] = {
    queue.slug: queue
    for queue in (
        AcceptanceQueue(),
        ReviewQueue(),
        ValidationQueue(),
        ProposalQueue(),
        SuggestionQueue(),
    )
}


def count_waiting(member: Membership) -> list[tuple[Queue, int]]:
    """Return the queues of the person with the number of items in each: one query."""
    mine = [queue for queue in QUEUES.values() if member.has_role(queue.role)]
    if not mine:
        return []
    queries = [
        queue.rows(member)
        .order_by()
        .values(slug=Value(queue.slug, output_field=CharField()))
        .annotate(number=Count("pk"))
        .values_list("slug", "number")
        for queue in mine
    ]
    counts = dict(queries[0].union(*queries[1:], all=True))
    return [(queue, counts.get(queue.slug, 0)) for queue in mine]
