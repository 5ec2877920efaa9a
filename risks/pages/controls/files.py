"""Controls as files, and the file with which people state their statuses."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks import exports
from risks.models import AttachmentLink, ControlStatus, RiskControl
from risks.pages.controls.forms import StatementForm
from risks.pages.controls.listing import ControlListing
from risks.pages.list_files import send_file
from risks.registers.results import ImportFileError
from risks.registers.statements import read_statements
from risks.services.workspace.control_statements import match_statements, preview_statements

STATUS_LABELS = {value: str(label) for value, label in ControlStatus.choices}
MOST_NAMED = 20
COLUMNS = (
    "pk",
    "framework__name",
    "framework__edition",
    "section",
    "identifier",
    "title",
    "status",
    "owner__email",
)


# --- Exports


@require_safe
@member_required(Role.VIEWER)
def export_controls(request: MemberRequest) -> HttpResponseBase:
    """Return the controls of the list, of all its pages, as CSV or XLSX."""
    query = request.GET.dict()
    file_format = query.pop("file_format", "csv")
    query.pop("page", None)
    listing = ControlListing(request.membership.organization, query)
    return send_file(
        request,
        listing,
        file_rows(listing),
        file_format=file_format,
        name="controls",
        title=_("Controls"),
    )


def file_rows(listing: ControlListing) -> Iterator[list[Any]]:
    """Yield the header, and a row for each control. `read_statements` knows these headers."""
    yield [
        *(_("Framework"), _("Section"), _("Identifier"), _("Title"), _("Status"), _("Owner")),
        *(_("Evidence"), _("Evidence valid until"), _("Risks")),
    ]
    rows = listing.ordered().values(*COLUMNS).iterator(chunk_size=exports.CHUNK)
    while chunk := list(islice(rows, exports.CHUNK)):
        keys = [row["pk"] for row in chunk]
        files, risks = load_files(keys), load_risks(keys)
        for row in chunk:
            names, days = zip(*files[row["pk"]], strict=True) if files[row["pk"]] else ((), ())
            ends = [day for day in days if day]
            yield [
                f"{row['framework__name']} {row['framework__edition']}".strip(),
                row["section"],
                row["identifier"],
                row["title"],
                STATUS_LABELS[row["status"]],
                row["owner__email"],
                "; ".join(names),
                f"{min(ends):%Y-%m-%d}" if ends else None,
                ", ".join(risks[row["pk"]]),
            ]


def load_files(controls: list[UUID]) -> dict[UUID, list[tuple[str, Any]]]:
    """Return name and last valid day of the files of each control."""
    files: dict[UUID, list[tuple[str, Any]]] = defaultdict(list)
    links = AttachmentLink.objects.filter(control__in=controls).order_by("created_at", "id")
    for pk, name, day in links.values_list(
        "control", "attachment__name", "attachment__valid_until"
    ):
        files[pk].append((name, day))
    return files


def load_risks(controls: list[UUID]) -> dict[UUID, list[str]]:
    """Return the references of the risks of each control."""
    risks: dict[UUID, list[str]] = defaultdict(list)
    links = RiskControl.objects.filter(control__in=controls).order_by("risk__number")
    for pk, reference in links.values_list("control", "risk__reference"):
        risks[pk].append(reference)
    return risks


# --- Statuses from a file


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def upload_statement(request: MemberRequest) -> HttpResponse:
    """Read a statement of applicability, and preview the statuses that it changes."""
    organization = request.membership.organization
    is_sent = request.method == "POST"
    form = (
        StatementForm(organization, request.POST, request.FILES)
        if is_sent
        else StatementForm(organization)
    )
    status = 400 if is_sent else 200
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            statements = read_statements(file.read(), file.name)
            matched = match_statements(organization, statements, form.cleaned_data["framework"])
            change = preview_statements(
                actor=request.membership.user,
                organization=organization,
                matched=matched,
                comment=form.cleaned_data["comment"] or file.name[:200],
            )
        except ImportFileError as error:
            form.add_error("file", error.located_message)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            if matched.unclear:
                messages.warning(request, describe_unclear(matched.unclear))
            return redirect_to_created("risk-change", request.organization_slug, change.pk)
    return render(request, "risks/controls/statement.html", {"form": form}, status=status)


def describe_unclear(unclear: list[str]) -> str:
    """Return a sentence on the rows whose status says nothing that is known."""
    text = ngettext(
        "%(count)s row is left out, because its status is not clear: %(rows)s",
        "%(count)s rows are left out, because their status is not clear: %(rows)s",
        len(unclear),
    )
    more = " …" if len(unclear) > MOST_NAMED else ""
    return text % {"count": len(unclear), "rows": ", ".join(unclear[:MOST_NAMED]) + more}
