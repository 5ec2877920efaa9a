"""Which models have a history, and how a change of one of their rows is told."""

from dataclasses import dataclass

from django.apps import apps
from django.db import models

from openrisk.database.labels import label_of_model

# Bookkeeping: it changes with every write and says nothing a person would ask for.
SILENT_FIELDS = frozenset({"version", "created_at", "updated_at"})


@dataclass(frozen=True)
class RecordedModel:
    """A tracked model. A link (e.g. risk to asset) is told as a change of the row it hangs on:
    `of` is the foreign key to that row, `field` the name shown, `value` the column it tells."""

    model: str
    silent: frozenset[str] = SILENT_FIELDS
    of: str = ""
    field: str = ""
    value: str = ""

    @property
    def model_class(self) -> type[models.Model]:
        return apps.get_model(self.model)

    @property
    def label(self) -> str:
        """The model a change is filed under: the one linked to, for a link."""
        if not self.of:
            return label_of_model(self.model_class)
        target = self.model_class._meta.get_field(self.of).related_model
        return label_of_model(target)  # type: ignore[arg-type]

    @property
    def fields(self) -> list[models.Field]:
        """The concrete fields whose changes are told."""
        return [
            field
            for field in self.model_class._meta.concrete_fields
            if field.name not in self.silent | {"id", "organization"}
        ]


TRACKED = (
    RecordedModel("accounts.Membership"),
    RecordedModel("risks.Category"),
    RecordedModel("risks.Matrix"),
    RecordedModel("risks.Risk", silent=SILENT_FIELDS | {"number"}),
    RecordedModel("risks.RiskTag", of="risk", field="tags", value="name"),
    RecordedModel("risks.RiskAsset", of="risk", field="assets", value="asset_id"),
    RecordedModel("risks.RiskControl", of="risk", field="controls", value="control_id"),
    RecordedModel("risks.Acceptance"),
    RecordedModel("risks.Asset"),
    RecordedModel("risks.AssetDependency", of="asset", field="dependencies", value="target_id"),
    RecordedModel("risks.Mitigation", silent=SILENT_FIELDS | {"number"}),
    RecordedModel("risks.MitigationAction"),
    RecordedModel("risks.ActionDependency", of="action", field="depends_on", value="depends_on_id"),
    RecordedModel("risks.Framework"),
    RecordedModel("risks.Control"),
    # A scan that sees a finding again changes nothing but when it was last seen.
    RecordedModel("risks.Finding", silent=SILENT_FIELDS | {"last_seen_at"}),
    RecordedModel("risks.FindingRule"),
    RecordedModel("risks.RiskProposal"),
    RecordedModel("risks.LikelihoodSuggestion"),
    RecordedModel(
        "marketplace.InstalledApp",
        silent=SILENT_FIELDS | {"secrets", "next_run_at", "test_queued_at"},
    ),
    RecordedModel("marketplace.Review"),
    RecordedModel("dashboards.ReportSchedule", silent=SILENT_FIELDS | {"next_run_at"}),
    RecordedModel("marketplace.InstalledPack"),
)


@dataclass(frozen=True)
class Ledger:
    """A table with a row for each time that a row of `model` stood as it did.

    It copies `fields` (columns), and a change of any of these ends the row and adds the next. `of`
    is its foreign key to the row.
    """

    model: str
    ledger: str
    of: str
    fields: tuple[str, ...]

    @property
    def table(self) -> str:
        """Of the rows that are followed."""
        return apps.get_model(self.model)._meta.db_table

    @property
    def ledger_table(self) -> str:
        return apps.get_model(self.ledger)._meta.db_table


SCORES = Ledger(
    model="risks.Risk",
    ledger="risks.ScoreChange",
    of="risk_id",
    fields=(
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
    ),
)
TREATMENT = Ledger(
    model="risks.Mitigation",
    ledger="risks.MitigationChange",
    of="mitigation_id",
    fields=("risk_id", "status", "due_date", "owner_id"),
)
CONTROLS = Ledger(
    model="risks.Control",
    ledger="risks.ControlChange",
    of="control_id",
    fields=("framework_id", "status"),
)
LEDGERS = (SCORES, TREATMENT, CONTROLS)
