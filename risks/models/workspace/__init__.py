"""The models of working together on the register: saved views of its list."""

from risks.models.workspace.saved_views import DefaultView, SavedView

__all__ = ("DefaultView", "SavedView")
