"""The models of working together on the register: saved views of its list, attachments."""

from risks.models.workspace.attachments import Attachment, AttachmentLink
from risks.models.workspace.saved_views import DefaultView, SavedView

__all__ = ("Attachment", "AttachmentLink", "DefaultView", "SavedView")
