"""All queues, by their names in addresses."""

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
    """Return the queues of the person with the number of items in each: a query for each."""
    mine = [queue for queue in QUEUES.values() if member.has_role(queue.role)]
    return [(queue, queue.rows(member).order_by().count()) for queue in mine]
