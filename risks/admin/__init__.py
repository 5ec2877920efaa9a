"""The register in Django admin. Importing this registers every model.

Read in this order: `base` (every ModelAdmin of the register writes through services), `forms`,
`steps` (the buttons above a form), `bulk` (actions on many rows), `display`; then the models:
`risks`, `treatment`, `catalogue`, `findings`, `imports`, `history`, `saved_views`, `workspace`;
and `overview`, the front page.
"""

from openrisk.admin.site import site
from risks.admin import catalogue, findings, history, imports, risks, saved_views, treatment
from risks.admin.workspace import (
    attachments,
    bulk_changes,
    comments,
    custom_fields,
    deleted_items,
    relations,
)
from risks.history import recorded

__all__ = (
    "attachments",
    "bulk_changes",
    "catalogue",
    "comments",
    "custom_fields",
    "deleted_items",
    "findings",
    "history",
    "imports",
    "relations",
    "risks",
    "saved_views",
    "treatment",
)

site.recording = recorded
site.index_template = "risks_admin/index.html"
