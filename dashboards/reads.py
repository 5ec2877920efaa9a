"""The tables that figures read: what the cache watches for changes.

All begin with those of a scope: the ledger, the tables behind the filters, and those that explain
why nothing was found.
"""

from openrisk.accounts.models import Membership, User
from openrisk.caching.freshness.registry import ColumnGroup, Read
from risks.models import (
    Asset,
    Category,
    ControlChange,
    Framework,
    Matrix,
    MitigationAction,
    MitigationChange,
    Risk,
    RiskAsset,
    RiskTag,
    ScoreChange,
)

SCOPE: tuple[Read, ...] = (ScoreChange, RiskTag, RiskAsset, Category, Asset, Membership)
STATS = (*SCOPE, MitigationChange)
HEAT_MAP = (*SCOPE, Matrix)
RISK_NAMES = (*SCOPE, ColumnGroup(Risk, "names"), User)
MITIGATIONS = (*SCOPE, MitigationChange, MitigationAction)
COMPLIANCE = (*SCOPE, ControlChange, Framework)
EXECUTIVE = tuple(dict.fromkeys((*RISK_NAMES, *HEAT_MAP, *MITIGATIONS, *COMPLIANCE)))
