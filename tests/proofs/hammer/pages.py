"""The form on a page, filled in as a browser would send it."""

from collections.abc import Sequence
from html.parser import HTMLParser
from urllib.parse import urlencode


class Page(HTMLParser):
    """`fields` of the form with `form_id`: name -> values."""

    def __init__(self, text: str, form_id: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._form_id = form_id
        self._inside = False
        self._select = self._area = ""
        self.feed(text)

    def encoded(self) -> str:
        return urlencode(self.fields, doseq=True)

    @staticmethod
    def cookie(headers: Sequence[tuple[str, str]], name: str) -> str:
        """The value that the response sets for the cookie `name`, or nothing."""
        for header, value in headers:
            if header.lower() == "set-cookie" and value.startswith(f"{name}="):
                return value.partition("=")[2].partition(";")[0]
        return ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self._form_id
        elif not self._inside:
            return
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "textarea":
            self._area = given.get("name", "")
            self.fields[self._area] = [""]
        elif tag == "option" and self._select and "selected" in given:
            self.fields.setdefault(self._select, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            # Browsers leave out the newline that HTML puts after <textarea>.
            text = self.fields[self._area][0] + data
            self.fields[self._area] = [text.removeprefix("\r\n").removeprefix("\n")]

    def _input(self, given: dict[str, str]) -> None:
        kind, name = given.get("type", "text"), given.get("name")
        if not name or kind in ("submit", "button", "file", "image", "reset"):
            return
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        value = given.get("value", "on" if kind == "checkbox" else "")
        self.fields.setdefault(name, []).append(value)
