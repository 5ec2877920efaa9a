"""A board as a document that follows its layout: widgets of half and of full width."""

from dashboards.documents.settings import look_of
from dashboards.models import Board
from dashboards.pages.query import PageQuery
from dashboards.pages.widgets import CATALOGUE
from dashboards.periods import PERIOD_LABELS
from dashboards.report.document import DocumentHead, build_document
from dashboards.report.flowables import HALF, KeepTogether, paragraph, side_by_side, style
from dashboards.report.pdf_page import INNER
from dashboards.report.sections import describe_filters, level_colours
from dashboards.report.widgets import draw_widget
from dashboards.wording import format_day
from openrisk.accounts.models import User
from risks.services.matrix import matrix_of


def board_report_name(board: Board, query: PageQuery) -> str:
    return f"{board.slug}-{query.scope.organization.slug}-{query.scope.day}.pdf"


def draw_board_report(board: Board, query: PageQuery, prepared_by: User | None = None) -> bytes:
    """Draw the board. Its figures are computed now: a document is made once and read by many."""
    matrix = matrix_of(board.organization)
    colours = level_colours(matrix)
    content = []
    for row in arrange_widgets(board):
        width = INNER if row[0][1] else HALF
        drawn = [draw_widget(name, query, matrix, colours, width) for name, _wide in row]
        if width == HALF:
            content.append(side_by_side(drawn[0], drawn[1] if len(drawn) > 1 else []))
        else:
            content.append(KeepTogether(drawn[0]))
    if not content:
        content.append(paragraph("This board has no figures yet.", style(11)))
    as_of = f"As of {format_day(query.scope.day)}"
    period = f"compared with {PERIOD_LABELS[query.period]} before"
    filters = describe_filters(query.scope)
    head = DocumentHead(
        title=board.name,
        kind=str(board.organization),
        lines=(
            ", ".join(text for text in (as_of, period, filters) if text),
            f"Prepared by {prepared_by}" if prepared_by else "",
        ),
        as_of=as_of,
        look=look_of(board.organization),
    )
    return build_document(head, content, f"{board.name}, {board.organization}")


def arrange_widgets(board: Board) -> list[list[tuple[str, bool]]]:
    """Return the rows of the board's page: one widget of full width, or up to two of half."""
    rows: list[list[tuple[str, bool]]] = []
    for widget in board.widgets:
        if widget["name"] not in CATALOGUE:  # left out, as the board's page says
            continue
        cell = (widget["name"], bool(widget.get("wide")))
        if rows and not cell[1] and len(rows[-1]) == 1 and not rows[-1][0][1]:
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return rows
