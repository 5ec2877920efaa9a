"""Declares for each model of the register what the cache and the history follow of it."""

from openrisk.database.tracking import (
    CacheTags,
    IntervalHistory,
    LinkHistory,
    RowHistory,
    track,
)
from risks.models import (
    Acceptance,
    ActionDependency,
    Asset,
    AssetDependency,
    Attachment,
    AttachmentLink,
    BillOfMaterials,
    BulkChange,
    Category,
    Comment,
    Control,
    ControlChange,
    CustomField,
    DefaultView,
    DeletedItem,
    Finding,
    FindingRule,
    Framework,
    ImportSource,
    LikelihoodSuggestion,
    Matrix,
    Mention,
    Mitigation,
    MitigationAction,
    MitigationChange,
    Risk,
    RiskAsset,
    RiskControl,
    RiskProposal,
    RiskRelation,
    RiskTag,
    SavedView,
    ScoreChange,
    Watch,
)

# What lists of other things show of a risk, or choose by.
RISK_NAMES = ("reference", "title", "owner_name", "status")
RISK_STATE = (
    "status",
    "inherent_likelihood",
    "inherent_impact",
    "residual_likelihood",
    "residual_impact",
    "target_likelihood",
    "target_impact",
    "inherent_level",
    "residual_level",
    "target_level",
    "current_score",
    "current_level",
    "priority",
    "category_id",
    "owner_id",
    "treatment",
    "next_review_at",
)
MITIGATION_STATE = ("risk_id", "status", "due_date", "owner_id")
CONTROL_STATE = ("framework_id", "status")
ATTACHMENT_TARGETS = ("risk", "mitigation", "action", "acceptance", "control")
BY_ROW = CacheTags(row_key="id")  # for responses that show one row


def track_models() -> None:
    """Called once, from `RisksConfig.ready()`."""
    track(
        Risk,
        cache=CacheTags(row_key="id", column_groups={"names": RISK_NAMES}),
        history=RowHistory(ignored_fields={"number"}),
        intervals=IntervalHistory(ScoreChange, "risk_id", RISK_STATE),
    )
    track(ScoreChange, cache=CacheTags())
    track(RiskTag, cache=CacheTags(), history=LinkHistory("risk", "tags", "name"))
    track(RiskAsset, cache=CacheTags(), history=LinkHistory("risk", "assets", "asset_id"))
    track(RiskControl, cache=CacheTags(), history=LinkHistory("risk", "controls", "control_id"))
    track(Category, cache=CacheTags(), history=RowHistory())
    track(Matrix, cache=CacheTags(), history=RowHistory())
    track(CustomField, cache=BY_ROW, history=RowHistory(ignored_fields={"position"}))
    track(Acceptance, history=RowHistory())

    track(Asset, cache=BY_ROW, history=RowHistory())
    track(
        AssetDependency,
        cache=CacheTags(),
        history=LinkHistory("asset", "dependencies", "target_id"),
    )

    track(
        Mitigation,
        cache=BY_ROW,
        history=RowHistory(ignored_fields={"number"}),
        intervals=IntervalHistory(MitigationChange, "mitigation_id", MITIGATION_STATE),
    )
    track(MitigationChange, cache=CacheTags())
    track(MitigationAction, cache=CacheTags(), history=RowHistory())
    track(
        ActionDependency,
        cache=CacheTags(),
        history=LinkHistory("action", "depends_on", "depends_on_id"),
    )

    track(
        Control,
        cache=BY_ROW,
        history=RowHistory(ignored_fields={"section", "sort_key"}),
        intervals=IntervalHistory(ControlChange, "control_id", CONTROL_STATE),
    )
    track(ControlChange, cache=CacheTags())
    track(Framework, cache=CacheTags(), history=RowHistory())

    # A scan that sees a finding again changes nothing but when it was last seen.
    track(Finding, cache=BY_ROW, history=RowHistory(ignored_fields={"last_seen_at"}))
    track(BillOfMaterials, history=RowHistory(ignored_fields={"seen_at"}))
    track(FindingRule, history=RowHistory())
    track(RiskProposal, history=RowHistory())
    track(LikelihoodSuggestion, history=RowHistory())

    track(ImportSource, history=RowHistory())
    track_workspace()


def track_workspace() -> None:
    """Track what people work together with."""
    track(SavedView, cache=BY_ROW, history=RowHistory())
    track(DefaultView, cache=CacheTags(), history=RowHistory())
    # The rows say what was changed; progress and preview are not worth an entry.
    track(
        BulkChange,
        history=RowHistory(ignored_fields={"selection", "digest", "summary", "total", "done"}),
    )
    track(Attachment, cache=BY_ROW, history=RowHistory())
    track(
        AttachmentLink,
        cache=CacheTags(),
        history=[
            LinkHistory(target, "attachments", "attachment_id") for target in ATTACHMENT_TARGETS
        ],
    )
    track(Comment, cache=BY_ROW, history=RowHistory())
    track(Mention, cache=CacheTags(), history=LinkHistory("comment", "mentions", "user_id"))
    track(Watch, cache=CacheTags(), history=RowHistory())
    track(DeletedItem, cache=CacheTags(), history=RowHistory())
    track(
        RiskRelation,
        cache=CacheTags(),
        history=[
            LinkHistory("risk", "related_risks", "other_id"),
            LinkHistory("other", "related_risks", "risk_id"),
        ],
    )
