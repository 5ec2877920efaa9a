"""The front page as a document."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboards.pages.front import overview, refused
from dashboards.pages.scoping import BadAddress, asked
from dashboards.report.executive import as_pdf, file_name
from openrisk.accounts.models import Role
from openrisk.accounts.pages import MemberRequest, member_required


@require_safe
@member_required(Role.VIEWER)
def executive_pdf(request: MemberRequest) -> HttpResponse:
    try:
        wanted = asked(request)
        figures = overview(wanted)
    except BadAddress as reason:
        return refused(request, str(reason))
    name = file_name(wanted.scope)
    return HttpResponse(
        as_pdf(wanted, figures),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
