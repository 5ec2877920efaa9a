"""Decides findings by statements on whether a vulnerability matters (VEX).

A statement counts for the product, component and version that it names, and for nothing else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from univers.version_range import VersionRange

from marketplace.connectors.components import is_same_package, parse_purl, split_component
from marketplace.connectors.items import VersionStatus, VexItem
from openrisk.accounts.models import Organization
from risks.models import Asset, BillOfMaterials, FindingState

_LINK = re.compile(r"urn:cdx:(?P<serial>[^/#]+)(?:/(?P<version>[^#]*))?(?:#(?P<reference>.*))?")
_FOUR_PARTS = re.compile(r"\d+\.\d+\.\d+\.\d")  # which semantic versions do not have
# What the many schemes of univers happen to raise.
_NOT_COMPARABLE = (ValueError, TypeError, AttributeError, LookupError, NotImplementedError)
_CLOSED = (FindingState.RESOLVED, FindingState.FALSE_POSITIVE)


class UnresolvedStatement(Exception):
    """The statement changes nothing. The message says why, and what to do."""


@dataclass(frozen=True)
class Target:
    """The thing a statement is about: no `component` for a whole product, no `asset` for any."""

    asset: Asset | None = None
    product: str = ""  # the version of the asset
    component: str = ""


@dataclass(frozen=True)
class AffectedFinding:
    """A finding of the vulnerability."""

    pk: UUID
    asset: UUID | None
    components: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    row: int
    state: str
    reason: str


class StatementResolver:
    """Collects what the statements of a report decide. A version that is affected stays open."""

    def __init__(
        self, organization: Organization, find_asset: Callable[[str], UUID | None]
    ) -> None:
        """`find_asset` gives the asset that the source calls so."""
        self.organization = organization
        self.find_asset = find_asset
        self.decisions: dict[UUID, Decision] = {}

    def resolve(self, item: VexItem, candidates: list[AffectedFinding]) -> bool:
        """Take a statement into account. Returns whether it is about any of the `candidates`.

        Raises UnresolvedStatement.
        """
        reasons, is_about_any = [], False
        for target in self._find_targets(item):
            on_asset = [c for c in candidates if target.asset is None or c.asset == target.asset.pk]
            try:
                is_about_any |= self._decide_target(item, target, on_asset)
            except UnresolvedStatement as error:
                reasons.append(str(error))
        if reasons:
            raise UnresolvedStatement(reasons[0])
        return is_about_any

    # --- What it is about

    def _find_targets(self, item: VexItem) -> list[Target]:
        if link := _LINK.fullmatch(item.reference):
            return self._follow_link(item.reference, link)
        if not item.asset:
            return [Target(component=item.reference)]
        pk = self.find_asset(item.asset)
        if pk is None:
            raise UnresolvedStatement(
                f"The statement is about {item.asset}, and there is no such asset. Import its bill "
                "of materials or scan, or configure the asset."
            )
        asset = Asset.objects.for_organization(self.organization).get(pk=pk)
        return [Target(asset, item.product, item.reference)]

    def _follow_link(self, text: str, link: re.Match[str]) -> list[Target]:
        bills = BillOfMaterials.objects.for_organization(self.organization).filter(
            serial_number=link["serial"].lower()
        )
        if link["version"]:
            bills = bills.filter(bill_version=link["version"])
        targets = [
            Target(bill.asset, bill.product, self._find_component(bill, link["reference"] or ""))
            for bill in bills.select_related("asset").order_by("pk")
        ]
        if not targets:
            raise UnresolvedStatement(
                "The statement refers to a bill of materials that was not imported: "
                f"{text[:200]}. Import that, then the statement again."
            )
        return targets

    def _find_component(self, bill: BillOfMaterials, reference: str) -> str:
        for name in (reference, unquote(reference)):
            if name in ("", bill.subject):
                return ""
            if name in bill.components:
                return bill.components[name]
            if parse_purl(name):
                return name
        raise UnresolvedStatement(
            f"The bill of {bill.asset.name} has no component {reference[:200]}."
        )

    # --- What that makes of the findings

    def _decide_target(
        self, item: VexItem, target: Target, findings: list[AffectedFinding]
    ) -> bool:
        if not findings:
            return False
        if not target.component:
            state = self._judge_product(item, target)
            for finding in findings:
                self._add_decision(finding.pk, item, state)
            return True
        if target.asset and target.product:
            self._require_version(target)
        states, other_versions = judge_component(item, target.component, findings)
        if other_versions and not states:
            name, found = split_component(target.component)[0], ", ".join(sorted(other_versions))
            raise UnresolvedStatement(
                f"The statement is not about the version that was found: {name} {found}."
            )
        for pk, state in states.items():
            self._add_decision(pk, item, state)
        return bool(states)

    def _judge_product(self, item: VexItem, target: Target) -> str:
        if not item.versions:
            if target.product:
                self._require_version(target)
            return item.state
        current = self._current_product(target)
        state = judge_version(item, current, "")
        if state is None:
            raise UnresolvedStatement(
                f"The statement is not about the version in use: {target.asset} {current}."
            )
        return state

    def _require_version(self, target: Target) -> None:
        current = self._current_product(target)
        if current != target.product:
            raise UnresolvedStatement(
                f"The statement is about {target.asset} {target.product}; {current} is in use."
            )

    def _current_product(self, target: Target) -> str:
        assert target.asset is not None  # noqa: S101  products are assets
        bills = target.asset.bills.exclude(product="").order_by("-seen_at", "-pk")
        current = bills.values_list("product", flat=True).first()
        if current is None:
            raise UnresolvedStatement(
                f"The statement is about a version of {target.asset}, and none is known. Import "
                "its bill of materials first."
            )
        return current

    def _add_decision(self, finding: UUID, item: VexItem, state: str) -> None:
        earlier = self.decisions.get(finding)
        if earlier is None or state == FindingState.OPEN or earlier.state in _CLOSED:
            self.decisions[finding] = Decision(item.row, state, item.reason)


def judge_component(
    item: VexItem, component: str, findings: list[AffectedFinding]
) -> tuple[dict[UUID, str], set[str]]:
    """The states of the findings in this component, and the versions of those in another one."""
    named_version = split_component(component)[1]
    states: dict[UUID, str] = {}
    other_versions: set[str] = set()
    for finding in findings:
        found = [other for other in finding.components if is_same_package(component, other)]
        versions = [split_component(other)[1] for other in found]
        judged = {judge_version(item, version, named_version) for version in versions}
        if versions and None not in judged:
            states[finding.pk] = worst_state(judged)
        else:
            other_versions.update(version or "without a version" for version in versions)
    return states, other_versions


def worst_state(states: set[str | None]) -> str:
    """Open if one of the versions is, else what is safest to say of all."""
    for state in (FindingState.OPEN, FindingState.RESOLVED, FindingState.FALSE_POSITIVE):
        if state in states:
            return state.value
    raise ValueError(states)


def judge_version(item: VexItem, version: str, named_version: str) -> str | None:
    """The state that a statement gives to a version; None if it is not about that."""
    if not item.versions:
        return item.state if named_version in ("", version) else None
    statuses = {entry.status for entry in item.versions if includes_version(entry, version)}
    if not statuses:
        return None
    if statuses & {"affected", "unknown"}:
        return FindingState.OPEN.value
    if "unaffected" in statuses and item.state not in _CLOSED:
        return FindingState.FALSE_POSITIVE.value
    return item.state


def includes_version(entry: VersionStatus, version: str) -> bool:
    if not entry.version.startswith("vers:"):
        return entry.version == version
    if entry.version.endswith("/*"):
        return True
    text = unquote(entry.version)
    scheme = text.removeprefix("vers:").partition("/")[0]
    # "semver" is not a scheme of vers, but examples of CycloneDX have it.
    if scheme in ("semver", "generic", "intdot"):
        has_four_parts = any(map(_FOUR_PARTS.search, (text, version)))
        text = text.replace(scheme, "maven" if has_four_parts else "generic", 1)
    try:
        versions = VersionRange.from_string(text)
        return versions.version_class(version) in versions
    except _NOT_COMPARABLE:
        raise UnresolvedStatement(
            f"The versions {entry.version[:100]} cannot be compared with "
            f"{version or 'a finding without a version'}."
        ) from None
