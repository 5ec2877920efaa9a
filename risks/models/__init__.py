"""The models of the register, one module a subject; read `risk` first, then `base`."""

from risks.models.assets import Asset, AssetDependency, AssetType, Criticality, DependencyKind
from risks.models.base import Level, OrganizationOwned, ReferenceCounter, Versioned
from risks.models.controls import Control, ControlStatus, Framework
from risks.models.custom_fields import CustomField, CustomFieldKind
from risks.models.findings import (
    BillOfMaterials,
    Finding,
    FindingRule,
    FindingState,
    ProposalStatus,
    RiskProposal,
    Severity,
    VulnerabilityFacts,
)
from risks.models.history import Change, ChangeAction, ControlChange, MitigationChange, ScoreChange
from risks.models.imports import (
    ImportFile,
    ImportRow,
    ImportRun,
    ImportSource,
    ImportTask,
    Provenance,
    RowAction,
    RunStatus,
)
from risks.models.matrix import Category, Matrix
from risks.models.mitigations import (
    ActionDependency,
    Mitigation,
    MitigationAction,
    MitigationStatus,
    ValidationResult,
)
from risks.models.reminders import Reminder
from risks.models.risk import (
    Acceptance,
    AcceptanceStatus,
    Risk,
    RiskAsset,
    RiskControl,
    RiskTag,
    Source,
    Status,
    Treatment,
)
from risks.models.suggestions import LikelihoodSuggestion, SuggestionStatus
from risks.models.workspace import (
    Attachment,
    AttachmentLink,
    Comment,
    DefaultView,
    Mention,
    SavedView,
    Watch,
)
from risks.models.workspace.bulk_changes import (
    BulkChange,
    BulkChangeRow,
    BulkKind,
    BulkRowOutcome,
    BulkState,
    BulkSubject,
)
from risks.models.workspace.deleted_items import DeletedItem, DeletedRows
from risks.models.workspace.relations import RelationKind, RiskRelation
from risks.overdue import NOT_OPEN

__all__ = (
    "NOT_OPEN",
    "Acceptance",
    "AcceptanceStatus",
    "ActionDependency",
    "Asset",
    "AssetDependency",
    "AssetType",
    "Attachment",
    "AttachmentLink",
    "BillOfMaterials",
    "BulkChange",
    "BulkChangeRow",
    "BulkKind",
    "BulkRowOutcome",
    "BulkState",
    "BulkSubject",
    "Category",
    "Change",
    "ChangeAction",
    "Comment",
    "Control",
    "ControlChange",
    "ControlStatus",
    "Criticality",
    "CustomField",
    "CustomFieldKind",
    "DefaultView",
    "DeletedItem",
    "DeletedRows",
    "DependencyKind",
    "Finding",
    "FindingRule",
    "FindingState",
    "Framework",
    "ImportFile",
    "ImportRow",
    "ImportRun",
    "ImportSource",
    "ImportTask",
    "Level",
    "LikelihoodSuggestion",
    "Matrix",
    "Mention",
    "Mitigation",
    "MitigationAction",
    "MitigationChange",
    "MitigationStatus",
    "OrganizationOwned",
    "ProposalStatus",
    "Provenance",
    "ReferenceCounter",
    "RelationKind",
    "Reminder",
    "Risk",
    "RiskAsset",
    "RiskControl",
    "RiskProposal",
    "RiskRelation",
    "RiskTag",
    "RowAction",
    "RunStatus",
    "SavedView",
    "ScoreChange",
    "Severity",
    "Source",
    "Status",
    "SuggestionStatus",
    "Treatment",
    "ValidationResult",
    "Versioned",
    "VulnerabilityFacts",
    "Watch",
)
