"""Alerts of GitHub: Dependabot, code scanning and secret scanning, as its APIs return them."""

from collections.abc import Iterator
from typing import IO, Any

from marketplace.connectors.artifacts import ASSET
from marketplace.connectors.base import ScannerConnector, UnreadableReport, report_schema
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import as_dict, as_list, stream_json, to_text
from marketplace.connectors.platforms.github_alerts import build_finding

_ALERTS = ("item", "item.item")  # several pages are a list of lists
_OF_REPOSITORY = "data.repository.vulnerabilityAlerts.nodes.item"
_REPOSITORIES = tuple(
    f"data.{path}.nodes.item"
    for path in ("search", "repository.search", "organization.repositories", "viewer.repositories")
)
_KEYS = ("securityVulnerability", "security_advisory", "secret_type", "rule")
_ADVICE = (
    "Not a list of alerts of GitHub. Get it with "
    "`gh api --paginate /repos/OWNER/NAME/dependabot/alerts`."
)


class GitHub(ScannerConnector):
    """Dependabot's alerts are identified by CVE, package and file, the others by their number.

    A vulnerability that comes again gets another alert, so an open one counts before all others.
    """

    slug = "github"
    name = "GitHub alerts"
    version = "1.0.0"
    summary = "Alerts of Dependabot, code scanning and secret scanning."
    documentation = (
        "GitHub raises alerts for the repositories in which these are switched on. Get them with "
        "`gh api --paginate /repos/OWNER/NAME/dependabot/alerts`, or code-scanning/alerts, or "
        "secret-scanning/alerts, or those of /orgs/NAME, and upload the answer. The "
        "vulnerabilityAlerts of GraphQL are read too.\n\n"
        "Each alert becomes a finding on its repository. Secrets themselves are not stored; one "
        "that works or is public is critical. What was dismissed on GitHub is accepted or a false "
        "positive, by its reason.\n\n"
        "An answer may be a part of all alerts, so nothing is resolved for not being in it. Get "
        "alerts of all states: those that are fixed resolve their findings."
    )
    file_names = (".json",)
    schema = report_schema(asset=ASSET)

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        asset = to_text(config.get("asset"))
        check_format(file)
        open_findings = {
            identify(item) for item in stream_findings(file, asset) if is_open_finding(item)
        }
        assets: set[str] = set()
        tools: dict[str, None] = {}
        for item in stream_findings(file, asset):
            if isinstance(item, FindingItem):
                tools[item.tool] = None
                if item.asset and item.asset not in assets:
                    assets.add(item.asset)
                    yield AssetItem(item.row, item.asset, "application")
                if item.state != "open" and identify(item) in open_findings:
                    continue
            yield item
        for tool in tools:
            yield Scan(tool)


def check_format(file: IO[bytes]) -> None:
    """Raise UnreadableReport unless there is an alert, or a repository that may have some."""
    for _, _, alert in stream_alerts(file):
        if alert is None or any(key in alert for key in _KEYS):
            return
    raise UnreadableReport(add_format_hint(_ADVICE, file))


def stream_alerts(file: IO[bytes]) -> Iterator[tuple[int, str, dict[str, Any] | None]]:
    """Yield each alert with its number and repository, and None for a list that has none."""
    row = 0
    start = _OF_REPOSITORY.removesuffix(".item")
    paths = (*_ALERTS, _OF_REPOSITORY, *_REPOSITORIES)
    for _, path, piece in stream_json(file, paths, starts=(start,)):
        repository, alerts = "", [piece]
        if path in _REPOSITORIES:
            holder = as_dict(piece)
            repository = to_text(holder.get("nameWithOwner")) or to_text(holder.get("name"))
            alerts = as_list(as_dict(holder.get("vulnerabilityAlerts")).get("nodes")) or [None]
        elif path == "item" and isinstance(piece, list):
            alerts = piece
        for alert in alerts:
            row += alert is not None
            yield row, repository, None if alert is None else as_dict(alert)


def stream_findings(file: IO[bytes], asset: str) -> Iterator[FindingItem | RejectedItem]:
    for row, repository, alert in stream_alerts(file):
        if alert is not None:
            yield build_finding(row, asset or repository, alert)


def is_open_finding(item: FindingItem | RejectedItem) -> bool:
    return isinstance(item, FindingItem) and item.state == "open"


def identify(item: Any) -> int:
    return hash((item.tool, item.rule, item.asset, item.location))
