"""Two scans of the new assets; part of the findings of the first are fixed by the second."""

from datetime import timedelta
from random import Random
from typing import Any

from risks.demo.reference_data import ReferenceData, seeded_random
from risks.demo.word_lists import SCANNER, SCANNER_RULES
from risks.history import recorded
from risks.models import Asset, FindingRule, Severity
from risks.services.findings import record_findings
from risks.services.proposals import propose_risks

SCANNED_TYPES = frozenset({"application", "service", "server", "endpoint", "network"})
FIRST_SCAN, LAST_SCAN = timedelta(days=35), timedelta(days=2)
STILL_OPEN_SHARE = 0.7
RULE = "Critical findings"


def record_scans(reference: ReferenceData) -> int:
    """Record both scans and let a rule propose risks; return the number of findings."""
    assets = [asset for asset in reference.new_assets if asset.type in SCANNED_TYPES]
    if not assets:
        return 0
    random = seeded_random(reference.id_for("scan", assets[0].name))
    first = [finding for asset in assets for finding in invent_findings(random, asset)]
    last = [finding for finding in first if random.random() < STILL_OPEN_SHARE]
    for ago, findings in ((FIRST_SCAN, first), (LAST_SCAN, last)):
        at = reference.today - ago
        with recorded(actor=None, at=at):
            record_findings(
                actor=None,
                organization=reference.organization,
                tool=SCANNER,
                findings=findings,
                covered_assets=assets,
                at=at,
            )
    with recorded(actor=None, comment="Demo data", at=reference.today - LAST_SCAN):
        FindingRule.objects.get_or_create(
            organization=reference.organization,
            name=RULE,
            defaults={
                "minimum_severity": Severity.CRITICAL,
                "known_exploited": True,
                "likelihood": 4,
                "impact": 4,
            },
        )
        propose_risks(actor=None, organization=reference.organization)
    return len(first)


def invent_findings(random: Random, asset: Asset) -> list[dict[str, Any]]:
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
