"""Where a result of SARIF is: for people to look there, and to know it again over scans."""

import re
from typing import Any

from marketplace.connectors.parsing import as_dict, as_list, to_text

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")


class Locations:
    """Of one run, whose files are named as they are below the project.

    Where the project lay on the machine that analysed it is left out: it is another place at the
    next scan. `artifacts` are pairs of an address and the name of the folder it is relative to.
    """

    def __init__(self, bases: dict[str, Any], artifacts: list[tuple[str, str]]) -> None:
        self.bases = {name: artifact(base) for name, base in bases.items()}
        self.artifacts = artifacts
        roots = [uri for uri, _ in self.bases.values() if uri and _ABSOLUTE.match(uri)]
        self.roots = sorted(roots, key=len, reverse=True)

    def of(self, result: dict[str, Any]) -> tuple[str, str]:
        """Where it is, for people; and what it is known by."""
        location = as_dict(next(iter(as_list(result.get("locations"))), None))
        physical = as_dict(location.get("physicalLocation"))
        file = self._file(as_dict(physical.get("artifactLocation")))
        line = to_text(as_dict(physical.get("region")).get("startLine"))
        logical = as_dict(next(iter(as_list(location.get("logicalLocations"))), None))
        function = to_text(logical.get("fullyQualifiedName")) or to_text(logical.get("name"))
        place = f"{file}:{line}" if line else file or function
        return place, " ".join(filter(None, (file, _marks(result) or function or line)))

    def _file(self, location: dict[str, Any]) -> str:
        uri, base = artifact(location)
        index = location.get("index")
        if not uri and isinstance(index, int) and 0 <= index < len(self.artifacts):
            uri, base = self.artifacts[index]
        if not _ABSOLUTE.match(uri):
            return self._folder(base) + uri
        root = next((root for root in self.roots if uri.startswith(root)), "")
        return uri.removeprefix(root).lstrip("/") if root else uri

    def _folder(self, base: str) -> str:
        """The way to the folder called `base` from one whose absolute address is known, or ""."""
        found, met = "", set()
        while base in self.bases and base not in met:
            met.add(base)
            uri, base = self.bases[base]
            if _ABSOLUTE.match(uri):
                break
            found = f"{uri.rstrip('/')}/{found}" if uri else found
        return found


def artifact(location: Any) -> tuple[str, str]:
    """Its address, and what that is relative to."""
    said = as_dict(location)
    return to_text(said.get("uri")).strip(), to_text(said.get("uriBaseId"))


def _marks(result: dict[str, Any]) -> str:
    """The fingerprints that the tool, or who looks after its results, gave it."""
    prints = as_dict(result.get("fingerprints")) or as_dict(result.get("partialFingerprints"))
    return " ".join(filter(None, (to_text(prints[name]) for name in sorted(prints))))
