"""A document of A4 pages: its head with logo and title, and what each page says at its foot."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from dashboards.documents.settings import DocumentLook
from dashboards.report.flowables import PaintedBlock
from dashboards.report.pdf_page import BOTTOM, HEIGHT, INNER, LEFT, MUTED, TOP, WIDTH, PdfPage
from dashboards.report.text_layout import BOX, collect_missing

LOGO_WIDTH, LOGO_HEIGHT = 110.0, 34.0
FOOT = 30.0  # room for the foot, from the lower edge of the text
MOST_SCRIPTS = 4


@dataclass(frozen=True)
class DocumentHead:
    """Title and lines of the first page, and `as_of`, which each page repeats."""

    title: str
    kind: str
    lines: Sequence[str]
    as_of: str
    look: DocumentLook
    note: str = ""  # at the foot of each page


def build_document(head: DocumentHead, content: list[Flowable], title: str) -> bytes:
    file = BytesIO()
    frame = Frame(
        LEFT,
        HEIGHT - BOTTOM + FOOT,
        INNER,
        BOTTOM - FOOT - TOP,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    document = BaseDocTemplate(
        file, pagesize=(WIDTH, HEIGHT), title=title, author="OpenRisk", lang="en"
    )
    document.addPageTemplates([PageTemplate(frames=[frame])])
    with collect_missing() as missing:
        first = PaintedBlock(INNER, partial(draw_head, head=head))
        document.build(
            [first, *content], canvasmaker=partial(NumberedCanvas, head=head, missing=missing)
        )
    return file.getvalue()


class NumberedCanvas(Canvas):
    """Draws the foot of all pages once their number is known."""

    def __init__(self, *args: Any, head: DocumentHead, missing: set[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.head, self.missing = head, missing
        self.pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  ReportLab's name
        self.pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        total = len(self.pages)
        for number, state in enumerate(self.pages, start=1):
            self.__dict__.update(state)
            draw_frame(PdfPage(self), self.head, self.missing, number, total)
            super().showPage()
        super().save()


def draw_head(page: PdfPage, *, head: DocumentHead) -> float:
    """Draw the head of the first page from 0 on."""
    room = INNER - LOGO_WIDTH - 12
    if head.look.logo:
        draw_logo(page, head.look.logo)
    else:
        page.draw_text(0, 14, head.kind, width=INNER, size=11, colour=MUTED, align="right")
    page.draw_text(0, 14, head.title, width=room, size=19, bold=True)
    y = 30.0
    lines = [head.kind, *head.lines] if head.look.logo else head.lines
    for line in lines:
        if line:
            page.draw_text(0, y, line, width=room if y < LOGO_HEIGHT + 6 else INNER, colour=MUTED)
            y += 12
    page.draw_rule(0, y - 4, INNER)
    return y + 10


def draw_logo(page: PdfPage, content: bytes) -> None:
    """Draw the logo into its corner, as large as it fits."""
    image = ImageReader(BytesIO(content))
    width, height = image.getSize()
    scale = min(LOGO_WIDTH / width, LOGO_HEIGHT / height)
    page.canvas.drawImage(
        image,
        INNER - width * scale,
        page.height - height * scale,
        width * scale,
        height * scale,
        mask="auto",
    )


def draw_frame(
    page: PdfPage, head: DocumentHead, missing: set[str], number: int, total: int
) -> None:
    """Draw the confidentiality line above the text, and the foot below it."""
    small: dict[str, Any] = {"width": INNER, "size": 7.5}
    if head.look.confidentiality:
        page.draw_text(LEFT, TOP - 12, head.look.confidentiality, bold=True, **small)
    y = BOTTOM - 2
    page.draw_rule(LEFT, y - 12, INNER)
    notes = [head.note, describe_missing(missing)]
    text = " ".join(note for note in notes if note)
    if text:
        page.draw_text(LEFT, y - 18, text, colour=MUTED, **small)
    page.draw_text(LEFT, y, f"{head.as_of}, page {number} of {total}", **small)
    page.draw_text(LEFT, y, "OpenRisk", colour=MUTED, align="right", **small)


def describe_missing(missing: set[str]) -> str:
    """Return which characters are printed as boxes, by their scripts, or an empty string."""
    if not missing:
        return ""
    scripts = sorted({script_of(character) for character in missing})
    names = ", ".join(scripts[:MOST_SCRIPTS])
    more = ", and others" if len(scripts) > MOST_SCRIPTS else ""
    return f"{BOX} stands for characters that the fonts of this document lack: {names}{more}."


def script_of(character: str) -> str:
    """Return "Devanagari", or "symbols" for emoji and the like."""
    if unicodedata.category(character)[0] not in "LMN":
        return "symbols"
    return unicodedata.name(character, "others").split()[0].capitalize()
