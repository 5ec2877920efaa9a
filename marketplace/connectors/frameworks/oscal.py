"""Catalogues and profiles of controls in OSCAL, the Open Security Controls Assessment Language."""

import re
from collections.abc import Iterator
from typing import IO, Any

from marketplace.connectors.base import (
    MEGABYTE,
    Capability,
    Connector,
    ConnectorCategory,
    UnreadableReport,
)
from marketplace.connectors.frameworks.oscal_profiles import Documents, documents, resolved
from marketplace.connectors.items import Config, ControlItem, FrameworkItem, Item, RejectedItem
from marketplace.connectors.parsing import as_dict, as_list, to_text

_INSERT = re.compile(r"\{\{\s*insert:\s*param,\s*([^\s}]+)\s*\}\}")
_DEEPEST = 8  # parameters within choices of parameters
_TEXTS = ("statement", "item")


class Oscal(Connector):
    """An identifier is the label that people write, AC-2(1), rather than the id, ac-2.1."""

    slug = "oscal"
    name = "OSCAL catalogue"
    version = "1.0.0"
    summary = "Controls of a framework, from its official file in OSCAL."
    documentation = (
        "NIST publishes SP 800-53 and its baselines, the Cybersecurity Framework and others as "
        "OSCAL files, and so do more and more publishers of frameworks. Take the JSON file.\n\n"
        "A catalogue becomes a framework with its controls: enhancements below their control, "
        "parameters filled in with their values or named in brackets, withdrawn controls left "
        "out. How far a control is implemented is never touched, also when a newer file is read.\n"
        "\n"
        "A profile selects controls of a catalogue. Pack both into a ZIP file, under the names by "
        "which the profile imports it."
    )
    category = ConnectorCategory.COMPLIANCE
    capabilities = (Capability.CONTROL_IMPORT,)
    permissions = ("Creates frameworks and controls", "Updates the texts of controls")
    file_names = (".json", ".zip")
    largest_report = 64 * MEGABYTE
    schema = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "title": "Address of the file"},
            "guidance": {
                "type": "boolean",
                "title": "With guidance",
                "default": True,
                "description": "Whether texts of controls end with the publisher's guidance",
            },
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        found: Documents = documents(file)
        catalog = resolved(found)
        about = as_dict(catalog.get("metadata"))
        title = to_text(about.get("title")).strip()
        if not title:
            raise UnreadableReport("The catalogue has no title. Take the publisher's file.")
        yield FrameworkItem(0, title, to_text(about.get("version")), to_text(about.get("remarks")))
        yield from _Catalogue(catalog, guidance=config.get("guidance", True)).controls()


class _Catalogue:
    def __init__(self, catalog: dict[str, Any], *, guidance: bool) -> None:
        self.catalog = catalog
        self.guidance = guidance
        self.row = 0
        self.identifiers: set[str] = set()
        self.parameters: dict[str, dict[str, Any]] = {}
        self._collect(catalog)

    def _collect(self, holder: dict[str, Any]) -> None:
        """The parameters of all levels, by id and by the ids they had before."""
        for parameter in map(as_dict, as_list(holder.get("params"))):
            self.parameters[to_text(parameter.get("id"))] = parameter
            for prop in map(as_dict, as_list(parameter.get("props"))):
                if prop.get("name") == "alt-identifier":
                    self.parameters.setdefault(to_text(prop.get("value")), parameter)
        for name in ("groups", "controls"):
            for part in as_list(holder.get(name)):
                self._collect(as_dict(part))

    def controls(self) -> Iterator[Item]:
        yield from self._below(self.catalog, "")

    def _below(self, holder: dict[str, Any], parent: str) -> Iterator[Item]:
        for group in as_list(holder.get("groups")):
            yield from self._below(as_dict(group), parent)
        for control in as_list(holder.get("controls")):
            yield from self._control(as_dict(control), parent)

    def _control(self, control: dict[str, Any], parent: str) -> Iterator[Item]:
        self.row += 1
        identifier = _label(control)
        if not identifier:
            yield RejectedItem(self.row, "The control has no id.", to_text(control.get("title")))
            return
        below = parent
        if not _is_withdrawn(control):
            if identifier in self.identifiers:
                yield RejectedItem(self.row, "There is a control of this id already.", identifier)
                return
            self.identifiers.add(identifier)
            below = identifier
            title = self._filled(to_text(control.get("title"))) or identifier
            yield ControlItem(self.row, identifier, title, self._text(control), parent)
        yield from self._below(control, below)

    def _text(self, control: dict[str, Any]) -> str:
        parts = [as_dict(part) for part in as_list(control.get("parts"))]
        lines = [
            line for part in parts if part.get("name") in _TEXTS for line in self._lines(part, 0)
        ]
        if self.guidance:
            for part in parts:
                if part.get("name") == "guidance":
                    lines += ["", "Guidance:", *self._lines(part, 0)]
        return "\n".join(lines).strip()

    def _lines(self, part: dict[str, Any], depth: int) -> Iterator[str]:
        prose = self._filled(to_text(part.get("prose")).strip())
        label = _property(part, "label")
        if prose or label:
            yield "  " * max(depth - 1, 0) + f"{label} {prose}".strip()
        for below in as_list(part.get("parts")):
            yield from self._lines(as_dict(below), depth + 1)

    def _filled(self, prose: str, depth: int = 0) -> str:
        if depth > _DEEPEST:
            return prose
        return _INSERT.sub(lambda found: self._value(found[1], depth), prose)

    def _value(self, name: str, depth: int) -> str:
        """What stands for a parameter: its values, its choices, or what is to be decided."""
        parameter = self.parameters.get(name)
        if parameter is None:
            return f"[{name}]"
        if values := [to_text(value) for value in as_list(parameter.get("values"))]:
            return self._filled(", ".join(values), depth + 1)
        select = as_dict(parameter.get("select"))
        if choices := [to_text(choice) for choice in as_list(select.get("choice"))]:
            many = select.get("how-many") == "one-or-more"
            shown = "; ".join(self._filled(choice, depth + 1) for choice in choices)
            return f"[Selection{' (one or more)' if many else ''}: {shown}]"
        return f"[Assignment: {to_text(parameter.get('label')) or name}]"


def _property(holder: dict[str, Any], name: str) -> str:
    """Its value; one without a class is meant for people, of several."""
    found = [as_dict(prop) for prop in as_list(holder.get("props"))]
    found = [prop for prop in found if prop.get("name") == name]
    plain = [prop for prop in found if not prop.get("class")]
    return to_text((plain or found or [{}])[0].get("value"))


def _label(control: dict[str, Any]) -> str:
    return _property(control, "label") or to_text(control.get("id"))


def _is_withdrawn(control: dict[str, Any]) -> bool:
    return _property(control, "status").lower() == "withdrawn"
