"""The front page as a document."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from dashboards.boards.editing import visible_to
from dashboards.pages.executive import executive_figures, invalid_query_page
from dashboards.pages.query import InvalidQuery, parse_request
from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required


@require_safe
@member_required(Role.VIEWER)
def board_pdf(request: MemberRequest, slug: str) -> HttpResponse:
    """The board with its own filters, where the address says nothing else."""
    from dashboards.report import board_report as report  # noqa: PLC0415  20 MB, for reports alone

    board = visible_to(request.membership).filter(slug=slug).first()
    if board is None:
        raise Http404
    try:
        wanted = report.asked_of(board, **request.GET.dict())
        content = report.draw_board_report(board, wanted)
    except InvalidQuery as reason:
        return invalid_query_page(request, str(reason), board=board)
    return _pdf(content, report.board_report_name(board, wanted))


@require_safe
@member_required(Role.VIEWER)
def executive_pdf(request: MemberRequest) -> HttpResponse:
    from dashboards.report import executive_report  # noqa: PLC0415  as above

    try:
        wanted = parse_request(request)
        figures = executive_figures(wanted)
    except InvalidQuery as reason:
        return invalid_query_page(request, str(reason))
    return _pdf(
        executive_report.draw_executive_report(wanted, figures),
        executive_report.executive_report_name(wanted.scope),
    )


def _pdf(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
