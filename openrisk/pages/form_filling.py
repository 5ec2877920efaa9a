"""Filling in a form of a page that has been rendered, with what was typed before."""

from collections.abc import Mapping, Sequence
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

Fields = Mapping[str, Sequence[str]]
Attributes = list[tuple[str, str | None]]

# Nothing is typed into these; of hidden fields, only the version that the person saw is theirs.
LEFT_ALONE = {"password", "file", "submit", "button", "image", "reset"}
SEEN = {"version", "seen_version", "seen"}
BLANK_ROW = "__prefix__"  # that Django draws for rows to be added
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  a field's name


def fill_form(page: str, action: str, fields: Fields, *, own: str) -> str:
    """`page` with the fields of the form that posts to `action`; `own` is the page's address.

    Of several such forms, it is the one whose hidden fields say the same.
    """
    finder = _Finder(action, fields, own)
    finder.feed(page)
    filler = _Filler(finder.found, fields)
    filler.feed(page)
    filler.close()
    return "".join(filler.parts)


class _Finder(HTMLParser):
    """The numbers of the forms to fill in, `found`."""

    def __init__(self, action: str, fields: Fields, own: str) -> None:
        super().__init__()
        self.action, self.fields, self.own = action, fields, own
        self.number = -1
        self.found: set[int] = set()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.number += 1
            posts = given.get("method", "").lower() == "post"
            if posts and (urlsplit(given.get("action", "")).path or self.own) == self.action:
                self.found.add(self.number)
        elif tag == "input" and given.get("type") == "hidden":
            name = given.get("name", "")
            is_checked = given.get("value", "") in self.fields.get(name, ())
            if not (is_checked or name == TOKEN or _is_version(name) or BLANK_ROW in name):
                self.found.discard(self.number)


class _Filler(HTMLParser):
    """Writes the page as it reads it, but for the values of fields in the forms to fill in."""

    def __init__(self, numbers: set[int], fields: Fields) -> None:
        super().__init__(convert_charrefs=False)
        self.numbers, self.fields = numbers, fields
        self.number = -1
        self.parts: list[str] = []
        self.inside = False  # of a form that is to be filled
        self.select = ""
        self.area = False  # within a text area whose text is replaced

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.number += 1
            self.inside = self.number in self.numbers
        text = self.get_starttag_text() or ""
        if self.inside:
            text = self._filled(tag, attrs, given, text)
        self.parts.append(text)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)

    def _filled(self, tag: str, attrs: Attributes, given: dict[str, str], text: str) -> str:
        name = given.get("name", "")
        if tag == "select":
            # Of several choices, none is sent where none is made.
            self.select = name if name in self.fields or "multiple" in given else ""
        elif tag == "option" and self.select:
            chosen = self.fields.get(self.select, ())
            return _tag(tag, attrs, "selected", given.get("value") in chosen)
        elif tag == "textarea" and name in self.fields:
            self.area = True
            return text + "\n" + escape(self.fields[name][0])
        elif tag == "input":
            return self._filled_input(attrs, given, text)
        elif tag == "details":
            return _tag(tag, attrs, "open", is_set=True)
        return text

    def _filled_input(self, attrs: Attributes, given: dict[str, str], text: str) -> str:
        name, kind = given.get("name", ""), given.get("type", "text").lower()
        if kind in LEFT_ALONE or (kind == "hidden" and not _is_version(name)):
            return text
        values = self.fields.get(name, ())
        if kind in ("checkbox", "radio"):
            return _tag("input", attrs, "checked", given.get("value", "on") in values)
        if not values:
            return text
        others = [(key, value) for key, value in attrs if key != "value"]
        return _tag("input", [*others, ("value", values[0])])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = False
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._write(data)

    def handle_entityref(self, name: str) -> None:
        self._write(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._write(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    def _write(self, text: str) -> None:
        if not self.area:
            self.parts.append(text)


def _is_version(name: str) -> bool:
    """Whether the field is the version that was seen, of the form or of a row in it."""
    return name.rpartition("-")[2] in SEEN


def _tag(tag: str, attrs: Attributes, flag: str = "", is_set: bool = False) -> str:
    """The start tag with these attributes; the one called `flag` only where it is set."""
    written = [
        name if value is None else f'{name}="{escape(value)}"'
        for name, value in attrs
        if name != flag
    ]
    return f"<{' '.join([tag, *written, *([flag] if is_set else [])])}>"
