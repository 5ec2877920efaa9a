"""The address of the list of risks: its parameters, read and written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from openrisk.pages import drafts

# All but the filters. A saved view keeps those that say what is shown, and how.
SAVED = ("search", "ordering", "columns", "group", "page_size")
OWN = (*SAVED, "page", "fold", "select", "view")
ONLY_A_VIEW = {"view", "page", "fold", "select"}
LISTS = ("columns", "fold")  # several values, with commas between them; so do filters with __in
DEFAULT_ORDER = "-priority"
VIEW_OF_ALL = "all"  # the list without a saved view, whatever it opens with


@dataclass(frozen=True)
class ListQuery:
    """The parameters of an address that have a value."""

    parameters: Mapping[str, str]

    @classmethod
    def read(cls, given: QueryDict) -> Self:
        """Read an address. Boxes that are ticked give a parameter each; they become one list.

        The parameter that shows a draft again (see `openrisk.pages.drafts`) is left out.
        """
        parameters = {}
        for name, values in given.lists():
            filled = [value for value in values if value != ""]
            if filled and name != drafts.PARAMETER:
                is_list = name in LISTS or name.endswith("__in")
                parameters[name] = ",".join(dict.fromkeys(filled)) if is_list else filled[-1]
        return cls(parameters)

    def get(self, name: str, default: str = "") -> str:
        return self.parameters.get(name, default)

    @property
    def filters(self) -> dict[str, str]:
        return {name: value for name, value in self.parameters.items() if name not in OWN}

    @property
    def to_save(self) -> dict[str, str]:
        """The parameters that a saved view keeps."""
        return {**self.filters, **{name: value for name in SAVED if (value := self.get(name))}}

    def changed(self, **changes: str | int | None) -> "ListQuery":
        """Return the query with `changes` (None removes a parameter), on its first page."""
        changes = {"page": None, "select": None, **changes}
        query = {name: value for name, value in self.parameters.items() if name not in changes}
        query |= {name: str(value) for name, value in changes.items() if value is not None}
        if query.get("view", VIEW_OF_ALL) != VIEW_OF_ALL and query.keys() <= ONLY_A_VIEW:
            query["ordering"] = DEFAULT_ORDER  # or the view would be opened as it is saved
        return ListQuery(query)

    def opened(self, saved: Mapping[str, str]) -> "ListQuery":
        """Return the query with what the saved view keeps, where only the view was named."""
        if self.parameters.keys() <= ONLY_A_VIEW:
            return ListQuery({**saved, **self.parameters})
        return self

    def differs_from(self, saved: Mapping[str, str]) -> bool:
        return without_defaults(self.to_save) != without_defaults(saved)

    def encode(self, **more: Any) -> str:
        return urlencode({**self.parameters, **more})


def list_address(organization: str, query: ListQuery) -> str:
    """Return the address of the list of an organization, by its slug."""
    text = query.encode()
    return reverse("risk-list", args=[organization]) + (f"?{text}" if text else "")


def without_defaults(query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that say something else than an address without them."""
    defaults = {"ordering": DEFAULT_ORDER, "page_size": "25"}
    return {name: value for name, value in query.items() if defaults.get(name) != value}
