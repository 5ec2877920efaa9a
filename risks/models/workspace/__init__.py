"""The models of working together on the register: views, attachments, comments, watches, deleted
items, relations of risks."""

from risks.models.workspace.attachments import Attachment, AttachmentLink
from risks.models.workspace.comments import Comment, Mention
from risks.models.workspace.deleted_items import DeletedItem, DeletedRows
from risks.models.workspace.relations import RelationKind, RiskRelation
from risks.models.workspace.saved_views import DefaultView, SavedView
from risks.models.workspace.watches import Watch

__all__ = (
    "Attachment",
    "AttachmentLink",
    "Comment",
    "DefaultView",
    "DeletedItem",
    "DeletedRows",
    "Mention",
    "RelationKind",
    "RiskRelation",
    "SavedView",
    "Watch",
)
