"""The overview and the boards as PDF, and the overview as workbooks."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from dashboards.api.export_views import FigureExportViewSet
from dashboards.boards.editing import visible_to
from dashboards.pages.executive import executive_figures, invalid_query_page
from dashboards.pages.query import parse_board_query, parse_query
from openrisk.accounts.models import Role
from openrisk.errors import InvalidParameters
from openrisk.pages.guards import MemberRequest, member_required
from risks.api.views.exports import xlsx_response


@require_safe
@member_required(Role.VIEWER)
def board_pdf(request: MemberRequest, slug: str) -> HttpResponse:
    """The board with its own filters, which the address overrides."""
    from dashboards.report import board_report  # noqa: PLC0415  20 MB, for reports alone

    board = get_object_or_404(visible_to(request.membership), slug=slug)
    try:
        query = parse_board_query(board, request.GET.dict())
        content = board_report.draw_board_report(board, query, request.membership.user)
    except InvalidParameters as error:
        return invalid_query_page(request, error, board=board)
    return pdf_response(content, board_report.board_report_name(board, query))


@require_safe
@member_required(Role.VIEWER)
def executive_pdf(request: MemberRequest) -> HttpResponse:
    from dashboards.report import executive_report  # noqa: PLC0415  as above

    try:
        query = parse_query(request.GET, request.membership.organization)
        figures = executive_figures(query)
    except InvalidParameters as error:
        return invalid_query_page(request, error)
    content = executive_report.draw_executive_report(query, figures, request.membership.user)
    return pdf_response(content, executive_report.executive_report_name(query.scope))


@require_safe
@member_required(Role.VIEWER)
def executive_workbook(request: MemberRequest) -> HttpResponseBase:
    from dashboards.report.workbook import write_executive_workbook  # noqa: PLC0415  as above

    try:
        query = parse_query(request.GET, request.membership.organization)
        figures = executive_figures(query)
    except InvalidParameters as error:
        return invalid_query_page(request, error)
    name = f"risk-report-{query.scope.organization.slug}-{query.scope.day}.xlsx"
    person = request.membership.user
    return xlsx_response(lambda file: write_executive_workbook(query, figures, person, file), name)


@require_safe
@member_required(Role.VIEWER)
def executive_data(request: MemberRequest) -> HttpResponseBase:
    """Return the file of the API, at an address that a browser opens without headers."""
    return FigureExportViewSet.as_view({"get": "executive"})(request)


def pdf_response(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
