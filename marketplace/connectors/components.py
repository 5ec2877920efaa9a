"""Names and versions of software components: package URLs, or "name@version"."""

from typing import Any

from packageurl import PackageURL


def parse_purl(text: str) -> PackageURL | None:
    """The package URL in the text, which may be at the end of a BOM-Link, or None."""
    _, prefix, rest = text.rpartition("pkg:")
    if not prefix:
        return None
    try:
        return PackageURL.from_string(f"pkg:{rest}")
    except ValueError:
        return None


def split_component(text: str) -> tuple[str, str]:
    """Name and version, e.g. "maven/org.example/lib" and "2.1"; "" if there is no version."""
    if purl := parse_purl(text):
        name = "/".join(filter(None, (purl.type, purl.namespace, purl.name)))
        return name, purl.version or ""
    name, _, version = text.rpartition("@")
    return (name, version) if name else (text, "")


def join_component(name: str, version: str) -> str:
    """The reverse, for a component without a package URL."""
    return f"{name}@{version}" if version else name


def list_components(name: str, version: Any, purl: Any = "") -> tuple[str, ...]:
    """The component of a finding, and none if its version is not known.

    Then a statement about one version cannot be taken for one about this.
    """
    if isinstance(purl, str) and parse_purl(purl):
        return (purl,)
    has_version = bool(name) and isinstance(version, str) and bool(version)
    return (join_component(name, version),) if has_version else ()


def is_same_package(first: str, second: str) -> bool:
    """Whether both are the same but for the version.

    A component without a package URL has one of the names that the package URL is made of.
    """
    if split_component(first)[0] == split_component(second)[0]:
        return True
    purls = parse_purl(first), parse_purl(second)
    if all(purls) or not any(purls):
        return False
    purl, bare = (purls[0], second) if purls[0] else (purls[1], first)
    assert purl is not None  # noqa: S101  one of them is
    names = (purl.name, f"{purl.namespace}/{purl.name}", f"{purl.namespace}:{purl.name}")
    return split_component(bare)[0] in names
