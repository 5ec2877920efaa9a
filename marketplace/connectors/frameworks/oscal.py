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
from marketplace.connectors.frameworks.oscal_profiles import (
    is_withdrawn,
    property_of,
    read_documents,
    resolve_catalog,
)
from marketplace.connectors.items import Config, ControlItem, FrameworkItem, Item, RejectedItem
from marketplace.connectors.parsing import as_dict, as_list, to_text

_INSERT = re.compile(r"\{\{\s*insert:\s*param,\s*([^\s}]+)\s*\}\}")
_MAX_DEPTH = 8  # of parameters within choices of parameters
_TEXTS = ("statement", "item")


class Oscal(Connector):
    """The identifier is the label that people write, AC-2(1), rather than the id, ac-2.1."""

    slug = "oscal"
    name = "OSCAL catalogue"
    version = "1.0.0"
    summary = "Controls of a framework, from its official file in OSCAL."
    documentation = (
        "NIST publishes SP 800-53 and its baselines, the Cybersecurity Framework and others as "
        "OSCAL files, and so do more and more publishers of frameworks. Take the JSON file.\n\n"
        "A catalogue becomes a framework with its controls: enhancements below their control, "
        "parameters filled in with their values or named in brackets, without withdrawn controls. "
        "The status of a control never changes, not even with a newer file.\n"
        "\n"
        "A profile selects controls of a catalogue. Pack both into a ZIP file, under the names by "
        "which the profile imports it. Controls and parameters that the profile names and the "
        "catalogue lacks are listed as rejected rows."
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
        catalog, gaps = resolve_catalog(read_documents(file))
        metadata = as_dict(catalog.get("metadata"))
        title = to_text(metadata.get("title")).strip()
        if not title:
            raise UnreadableReport("The catalogue has no title. Take the publisher's file.")
        yield FrameworkItem(
            0, title, to_text(metadata.get("version")), to_text(metadata.get("remarks"))
        )
        controls = _Catalogue(catalog, guidance=config.get("guidance", True))
        yield from controls.stream_controls()
        for row, gap in enumerate(gaps, controls.row + 1):
            yield RejectedItem(row, gap.reason, gap.name)


class _Catalogue:
    def __init__(self, catalog: dict[str, Any], *, guidance: bool) -> None:
        self.catalog = catalog
        self.guidance = guidance
        self.row = 0
        self.identifiers: set[str] = set()
        self.parameters: dict[str, dict[str, Any]] = {}
        self._collect_parameters(catalog)

    def _collect_parameters(self, holder: dict[str, Any]) -> None:
        """Collect the parameters of all levels, by id and by former ids."""
        for parameter in map(as_dict, as_list(holder.get("params"))):
            self.parameters[to_text(parameter.get("id"))] = parameter
            for prop in map(as_dict, as_list(parameter.get("props"))):
                if prop.get("name") == "alt-identifier":
                    self.parameters.setdefault(to_text(prop.get("value")), parameter)
        for name in ("groups", "controls"):
            for part in as_list(holder.get(name)):
                self._collect_parameters(as_dict(part))

    def stream_controls(self) -> Iterator[Item]:
        yield from self._stream_below(self.catalog, "")

    def _stream_below(self, holder: dict[str, Any], parent: str) -> Iterator[Item]:
        for group in as_list(holder.get("groups")):
            yield from self._stream_below(as_dict(group), parent)
        for control in as_list(holder.get("controls")):
            yield from self._build_control(as_dict(control), parent)

    def _build_control(self, control: dict[str, Any], parent: str) -> Iterator[Item]:
        self.row += 1
        identifier = property_of(control, "label") or to_text(control.get("id"))
        if not identifier:
            yield RejectedItem(self.row, "The control has no id.", to_text(control.get("title")))
            return
        next_parent = parent
        if not is_withdrawn(control):
            if identifier in self.identifiers:
                yield RejectedItem(self.row, "A control with this id comes before.", identifier)
                return
            self.identifiers.add(identifier)
            next_parent = identifier
            title = self._fill_parameters(to_text(control.get("title"))) or identifier
            text = self._format_text(control)
            yield ControlItem(self.row, identifier, title, text, parent)
        yield from self._stream_below(control, next_parent)

    def _format_text(self, control: dict[str, Any]) -> str:
        parts = [as_dict(part) for part in as_list(control.get("parts"))]
        lines = [
            line
            for part in parts
            if part.get("name") in _TEXTS
            for line in self._format_part(part, 0)
        ]
        if self.guidance:
            for part in parts:
                if part.get("name") == "guidance":
                    lines += ["", "Guidance:", *self._format_part(part, 0)]
        return "\n".join(lines).strip()

    def _format_part(self, part: dict[str, Any], depth: int) -> Iterator[str]:
        prose = self._fill_parameters(to_text(part.get("prose")).strip())
        label = property_of(part, "label")
        if prose or label:
            yield "  " * max(depth - 1, 0) + f"{label} {prose}".strip()
        for below in as_list(part.get("parts")):
            yield from self._format_part(as_dict(below), depth + 1)

    def _fill_parameters(self, prose: str, depth: int = 0) -> str:
        if depth > _MAX_DEPTH:
            return prose
        return _INSERT.sub(lambda match: self._describe_parameter(match[1], depth), prose)

    def _describe_parameter(self, name: str, depth: int) -> str:
        """The values of a parameter, its choices, or what the organization has to decide."""
        parameter = self.parameters.get(name)
        if parameter is None:
            return f"[{name}]"
        if values := [to_text(value) for value in as_list(parameter.get("values"))]:
            return self._fill_parameters(", ".join(values), depth + 1)
        select = as_dict(parameter.get("select"))
        if choices := [to_text(choice) for choice in as_list(select.get("choice"))]:
            is_list = select.get("how-many") == "one-or-more"
            options = "; ".join(self._fill_parameters(choice, depth + 1) for choice in choices)
            return f"[Selection{' (one or more)' if is_list else ''}: {options}]"
        return f"[Assignment: {to_text(parameter.get('label')) or name}]"
