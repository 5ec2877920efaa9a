"""Work that waits for the person who tries the demo: reviews, actions, a mention, watched risks."""

from typing import Any

from openrisk.accounts.models import Organization, User
from risks.models import MitigationAction, Risk
from risks.services.mitigations import update_action
from risks.services.risks import update_risk
from risks.services.workspace.comments import post_comment
from risks.services.workspace.watches import start_watching

OWNED = ("The emergency plan names people who have left", "The largest buyer leaves")
REVIEWED = (
    "The online shop is down in the weeks before Christmas",
    "A supplier breaks the law on supply chains",
)
WATCHED = (
    "Ransomware encrypts the ERP system and its backups",
    "Fire destroys the packaging hall",
)
ACTIONS = (
    "Check the twenty largest against public lists",
    "Subscribe to the warnings of the river authority",
    "Buy a second gateway, so that updates need no night",
)
COMMENTED = "The contract manufacturer sells our design under another name"
QUESTION = (
    "@{name} this acceptance needs your decision: the talks about the new contract go on for "
    "seven months."
)


def give_own_work(*, person: User, organization: Organization) -> None:
    """Give a new member of the demo organization something to do; what is missing is left out."""
    risks = {
        risk.title: risk
        for risk in Risk.objects.for_organization(organization).filter(
            title__in=(*OWNED, *REVIEWED, *WATCHED, COMMENTED)
        )
    }
    for titles, role in ((OWNED, "owner"), (REVIEWED, "reviewer")):
        for title in titles:
            if title in risks:
                changes: dict[str, Any] = {role: person}
                update_risk(actor=None, instance=risks[title], **changes)
    for title in WATCHED:
        if title in risks:
            start_watching(actor=person, risk=risks[title])
    actions = MitigationAction.objects.for_organization(organization).filter(title__in=ACTIONS)
    for action in actions.select_related("mitigation"):
        update_action(actor=None, instance=action, assignee=person)
    manager = User.objects.filter(email="manager@example.org").first()
    if manager and COMMENTED in risks:
        text = QUESTION.format(name=person)
        post_comment(actor=manager, text=text, risk=risks[COMMENTED])
