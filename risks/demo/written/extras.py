"""Comments, files, relations and watches of the written risks.

They go through the services, so that they are what a member would have made.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from openrisk.accounts.models import Organization
from risks.demo.reference_data import ReferenceData
from risks.demo.written.files import FILES, WrittenFile
from risks.demo.written.reading import written_risks
from risks.history import recorded
from risks.models import RelationKind, Risk
from risks.services.workspace.attachments import upload_attachment
from risks.services.workspace.comments import post_comment
from risks.services.workspace.relations import relate_risks
from risks.services.workspace.watches import start_watching

RELATIONS = (
    (
        "A flaw in the remote access gateway is used before it is closed",
        RelationKind.CAUSES,
        "Ransomware encrypts the ERP system and its backups",
    ),
    (
        "People are untrained for a cyber incident",
        RelationKind.CAUSES,
        "Ransomware encrypts the ERP system and its backups",
    ),
    (
        "Ransomware encrypts the ERP system and its backups",
        RelationKind.RELATES_TO,
        "Backups cannot be restored when they are needed",
    ),
    (
        "Phishing opens the mailbox of a manager",
        RelationKind.CAUSES,
        "A forged invoice with a new bank account is paid",
    ),
    (
        "Only one electrician can program the moulding line",
        RelationKind.RELATES_TO,
        "The controller of the moulding line fails and cannot be replaced",
    ),
    (
        "Malware spreads from the offices to the machines",
        RelationKind.RELATES_TO,
        "Suppliers reach machines by remote maintenance at any time",
    ),
)
WATCHES = (
    ("manager", "The largest buyer leaves"),
    ("continuity", "Fire destroys the packaging hall"),
    ("viewer", "A supplier breaks the law on supply chains"),
)


def add_extras(reference: ReferenceData, created: Iterable[int]) -> None:
    """Add what belongs to the risks of these numbers that have just been created."""
    titles = {written_risks()[index].title for index in created if index < len(written_risks())}
    if not titles:
        return
    rows = Risk.objects.for_organization(reference.organization).filter(title__in=titles)
    risks: dict[str, Risk] = {}
    for risk in rows:
        risk.organization = reference.organization
        risks[risk.title] = risk
    add_comments(reference, risks)
    add_files(reference, risks)
    with recorded(
        actor=reference.people["manager"], at=reference.today - timedelta(days=33, hours=-9)
    ):
        for title, kind, other in RELATIONS:
            if title in risks and other in risks:
                relate_risks(
                    actor=reference.people["manager"],
                    organization=reference.organization,
                    risk=risks[title],
                    other=risks[other],
                    kind=kind,
                )
    for person, title in WATCHES:
        if title in risks:
            start_watching(actor=reference.people[person], risk=risks[title])


def add_comments(reference: ReferenceData, risks: dict[str, Risk]) -> None:
    comments = [
        (comment, risks[written.title])
        for written in written_risks()
        if written.title in risks
        for comment in written.comments
    ]
    for comment, risk in sorted(comments, key=lambda pair: -pair[0].days):
        author = reference.people[comment.author]
        at = reference.today - timedelta(days=comment.days, hours=-13)
        with recorded(actor=author, at=at):
            post_comment(actor=author, text=comment.text, risk=risk)


def add_files(reference: ReferenceData, risks: dict[str, Risk]) -> None:
    for written in FILES:
        if written.risk in risks:
            add_file(reference, reference.organization, risks[written.risk], written)


def add_file(
    reference: ReferenceData, organization: Organization, risk: Risk, written: WrittenFile
) -> None:
    author = reference.people[written.author]
    valid_until = None
    if written.valid_for is not None:
        valid_until = (reference.today + timedelta(days=written.valid_for)).date()
    with recorded(actor=author, at=reference.today - timedelta(days=written.days, hours=-10)):
        upload_attachment(
            actor=author,
            organization=organization,
            file=SimpleUploadedFile(written.name, written.content),
            description=written.description,
            valid_until=valid_until,
            target=risk,
        )
