"""Two scans of the new assets: what the first saw is partly gone in the second."""

from datetime import timedelta
from random import Random
from typing import Any

from risks.demo.reference_data import ReferenceData, seeded_random
from risks.demo.word_lists import SCANNER, SCANNER_RULES
from risks.history import recorded
from risks.models import Asset, FindingRule, Severity
from risks.services.findings import propose_risks, record_findings

SCANNED_TYPES = frozenset({"application", "service", "server", "endpoint", "network"})
FIRST_SCAN, LAST_SCAN = timedelta(days=35), timedelta(days=2)
STILL_THERE = 0.7
RULE = "Critical findings"


def record_scans(stage: ReferenceData) -> int:
    """How many findings the new assets have got."""
    assets = [asset for asset in stage.new_assets if asset.type in SCANNED_TYPES]
    if not assets:
        return 0
    random = seeded_random(stage.id("scan", assets[0].name))
    found = [finding for asset in assets for finding in _found(random, asset)]
    left = [finding for finding in found if random.random() < STILL_THERE]
    for ago, findings in ((FIRST_SCAN, found), (LAST_SCAN, left)):
        at = stage.today - ago
        with recorded(actor=None, at=at):
            record_findings(
                actor=None,
                organization=stage.organization,
                tool=SCANNER,
                findings=findings,
                covered_assets=assets,
                at=at,
            )
    _propose(stage)
    return len(found)


def _found(random: Random, asset: Asset) -> list[dict[str, Any]]:
    rules = random.sample(SCANNER_RULES, random.choices((0, 1, 2, 3), (35, 35, 20, 10))[0])
    return [
        {
            "rule": rule,
            "severity": severity,
            "cvss": cvss,
            "epss": round(random.betavariate(1, 12), 5),
            "known_exploited": severity == Severity.CRITICAL and random.random() < 0.5,
            "title": title,
            "asset": asset,
            "location": f"port {random.choice((22, 443, 445, 8443))}",
        }
        for rule, severity, cvss, title in rules
    ]


def _propose(stage: ReferenceData) -> None:
    """A rule that has not been changed by anybody proposes a few risks."""
    with recorded(actor=None, comment="Demo data", at=stage.today - LAST_SCAN):
        FindingRule.objects.get_or_create(
            organization=stage.organization,
            name=RULE,
            defaults={
                "minimum_severity": Severity.CRITICAL,
                "known_exploited": True,
                "likelihood": 4,
                "impact": 4,
            },
        )
        propose_risks(actor=None, organization=stage.organization)
