"""The files of the demo: small, and made here."""

from dataclasses import dataclass

LINE_HEIGHT, TOP, LEFT = 18, 780, 64


@dataclass(frozen=True)
class WrittenFile:
    """A file, uploaded `days` ago for the risk of this title; evidence is valid for some time."""

    risk: str
    name: str
    description: str
    author: str
    days: int
    content: bytes
    valid_for: int | None = None  # days from today


def make_pdf(*lines: str) -> bytes:
    """Return a page with these lines of ASCII text."""
    text = "\n".join(f"({line.translate(ESCAPES)}) Tj T*" for line in lines)
    stream = f"BT /F1 11 Tf {LINE_HEIGHT} TL {LEFT} {TOP} Td\n{text}\nET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    return (
        f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode("ascii")


ESCAPES = str.maketrans({character: f"\\{character}" for character in "()\\"})

FILES = (
    WrittenFile(
        risk="Ransomware encrypts the ERP system and its backups",
        name="restore-test-erp.txt",
        description="Protocol of the restore test of the ERP system.",
        author="it",
        days=165,
        valid_for=200,
        content=b"""Restore test of the ERP system

Begin      Saturday, 07:10
Source     weekly copy, stored out of reach of the network
Database   restored and checked by 19:40
Interfaces shop and warehouse connected again by Sunday, 02:05
End        19 hours after the beginning (goal: 24)

Findings
1. The key of the licence server was missing and had to be asked for by telephone.
2. Print queues were not part of the copy. They are since.
""",
    ),
    WrittenFile(
        risk="Fire destroys the packaging hall",
        name="fire-protection-report.pdf",
        description="The insurer's report after its visit, with the measures it asks for.",
        author="continuity",
        days=300,
        valid_for=430,
        content=make_pdf(
            "Fire protection: report on the visit of the packaging hall",
            "",
            "Required within 12 months",
            "1. Film and cardboard beside the shrink tunnel: two days of stock at most.",
            "2. Heat cameras above the tunnel, with an alarm to the gate.",
            "",
            "Required within 30 months",
            "3. Replacement of the sprinklers, in two halves.",
            "",
            "Without these measures the excess doubles.",
        ),
    ),
    WrittenFile(
        risk="The only supplier of our granulate fails for months",
        name="migration-test-second-granulate.pdf",
        description="Result of the migration test for contact with food.",
        author="quality",
        days=90,
        valid_for=15,
        content=make_pdf(
            "Overall migration into food simulants, second granulate",
            "",
            "Sample: lid 180 mm, natural colour, 3 pieces",
            "Limit: 10 mg/dm2. Measured: 2.1, 2.4 and 2.2 mg/dm2.",
            "Result: the material is suitable for contact with food.",
        ),
    ),
    WrittenFile(
        risk="Accounts of leavers stay open for weeks",
        name="systems-with-own-accounts.csv",
        description="Systems that have accounts of their own, with the person who closes them.",
        author="it",
        days=388,
        content=b"system;accounts;closed by\r\nERP system;214;Head of IT\r\nOnline shop"
        b" administration;31;Head of Online Shop\r\nWarehouse control;18;Head of Logistics\r\n"
        b"Drawing archive;64;Head of Quality\r\nTravel expenses;290;Head of Finance\r\n",
    ),
    WrittenFile(
        risk="A forklift hits someone in the loading yard",
        name="walk-through-of-the-yard.txt",
        description="Notes of the walk through the yard.",
        author="logistics",
        days=122,
        content=b"""Walk through the loading yard, in the dark

Gate 1  barrier in place, light works
Gate 2  barrier in place, one lamp is out
Gate 3  visitors still cross the way of the forklifts: the entrance has to move
Ramp    marks are worn off over 6 m
""",
    ),
)
