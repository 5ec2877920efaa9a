"""The rows of a list as a file."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.pages.guards import MemberRequest
from risks import exports
from risks.api.views.exports import csv_response, xlsx_response
from risks.pages.listing import RowListing


def send_file(
    request: MemberRequest,
    listing: RowListing,
    rows: Iterable[list[Any]],
    *,
    file_format: str,
    name: str,
    title: str,
) -> HttpResponseBase:
    """Return the file, called `name` and the day; or the page that says why it cannot be made."""
    if file_format not in exports.MEDIA_TYPES:
        listing.problems.append(_("There is no such file. Choose CSV or XLSX."))
    if listing.problems:
        context = {"problems": listing.problems, "list_url": listing.base_url}
        return render(request, "risks/no_file.html", context, status=400)
    slug = listing.organization.slug
    file_name = f"{name}-{slug}-{timezone.now():%Y-%m-%d}.{file_format}"
    if file_format == "csv":
        return csv_response(exports.csv_text(rows), file_name)
    return xlsx_response(lambda file: exports.write_sheets({title: rows}, file), file_name)
