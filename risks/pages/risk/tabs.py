"""The tabs of a risk's page: each has an address, and each form of the page is on one of them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

OVERVIEW, TREATMENT, FINDINGS = "overview", "treatment", "findings"
EVIDENCE, ACTIVITY = "evidence", "activity"
LABELS = {
    OVERVIEW: _("Overview"),
    TREATMENT: _("Treatment"),
    FINDINGS: _("Findings"),
    EVIDENCE: _("Evidence"),
    ACTIVITY: _("Activity"),
}
# The tab of a form, by the beginning of its key; all others are on the first one.
TAB_OF_KEY = (
    ("mitigation-", TREATMENT),
    ("action-", TREATMENT),
    ("new-action-", TREATMENT),
    ("acceptance", TREATMENT),
    ("comment", ACTIVITY),
)
# The tab on which the reasons against a status are removed; for all others it is the first one.
TAB_OF_STATUS = {
    "in_treatment": TREATMENT,
    "mitigated": TREATMENT,
    "accepted": TREATMENT,
}


@dataclass(frozen=True)
class PageTab:
    """A tab, as `components/tabs.html` draws it."""

    name: str
    label: Any
    url: str
    is_current: bool
    count: int | None = None


def tab_of_form(key: str) -> str:
    """Return the tab that has the form with this key."""
    return next((tab for start, tab in TAB_OF_KEY if key.startswith(start)), OVERVIEW)


def parse_tab(text: str) -> str:
    return text if text in LABELS else OVERVIEW


def tab_address(organization: str, reference: str, tab: str = OVERVIEW) -> str:
    """Return the address of a tab of the page; that of the first one is the page's own."""
    query = {} if tab == OVERVIEW else {"tab": tab}
    return reverse("risk-page", args=[organization, reference], query=query)


def build_tabs(
    organization: str, reference: str, current: str, counts: dict[str, int]
) -> list[PageTab]:
    """Return the tabs with their counts; one of which nothing is there shows none."""
    return [
        PageTab(
            name,
            label,
            tab_address(organization, reference, name),
            name == current,
            counts.get(name) or None,
        )
        for name, label in LABELS.items()
    ]
