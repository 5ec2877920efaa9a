"""Locations of SARIF results: for people, and to identify a result over scans."""

import re
from typing import Any

from marketplace.connectors.parsing import as_dict, as_list, to_text

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")


class Locations:
    """Locations of one run, with paths relative to the project.

    The folder of the project on the scanning machine is left out: it may change with each scan.
    `artifacts` are pairs of an address and the name of the folder it is relative to.
    """

    def __init__(self, bases: dict[str, Any], artifacts: list[tuple[str, str]]) -> None:
        self.bases = {name: parse_artifact(base) for name, base in bases.items()}
        self.artifacts = artifacts
        roots = [uri for uri, _ in self.bases.values() if uri and _ABSOLUTE.match(uri)]
        self.roots = sorted(roots, key=len, reverse=True)

    def describe_locations(self, result: dict[str, Any]) -> list[tuple[str, str]]:
        """For each location the one for people, and the one that identifies the result.

        A result without locations is about the file that was analysed.
        """
        prints = as_dict(result.get("fingerprints")) or as_dict(result.get("partialFingerprints"))
        fingerprint = " ".join(filter(None, (to_text(prints[name]) for name in sorted(prints))))
        locations = [as_dict(part) for part in as_list(result.get("locations"))]
        if not locations:
            locations = [{"physicalLocation": {"artifactLocation": result.get("analysisTarget")}}]
        return [self._describe_location(location, fingerprint) for location in locations]

    def _describe_location(self, location: dict[str, Any], fingerprint: str) -> tuple[str, str]:
        physical = as_dict(location.get("physicalLocation"))
        file = self._relative_path(as_dict(physical.get("artifactLocation")))
        line = to_text(as_dict(physical.get("region")).get("startLine"))
        logical = as_dict(next(iter(as_list(location.get("logicalLocations"))), None))
        function = to_text(logical.get("fullyQualifiedName")) or to_text(logical.get("name"))
        location_for_people = f"{file}:{line}" if line else file or function
        return location_for_people, " ".join(filter(None, (file, fingerprint or function or line)))

    def _relative_path(self, location: dict[str, Any]) -> str:
        uri, base = parse_artifact(location)
        index = location.get("index")
        if not uri and isinstance(index, int) and 0 <= index < len(self.artifacts):
            uri, base = self.artifacts[index]
        if not _ABSOLUTE.match(uri):
            return self._folder_path(base) + uri
        root = next((root for root in self.roots if uri.startswith(root)), "")
        return uri.removeprefix(root).lstrip("/") if root else uri

    def _folder_path(self, base: str) -> str:
        """The path of the folder `base`, relative to one with an absolute address, or ""."""
        path, visited = "", set()
        while base in self.bases and base not in visited:
            visited.add(base)
            uri, base = self.bases[base]
            if _ABSOLUTE.match(uri):
                break
            path = f"{uri.rstrip('/')}/{path}" if uri else path
        return path


def parse_artifact(location: Any) -> tuple[str, str]:
    """The address of a file, and the name of the folder it is relative to."""
    fields = as_dict(location)
    return to_text(fields.get("uri")).strip(), to_text(fields.get("uriBaseId"))
