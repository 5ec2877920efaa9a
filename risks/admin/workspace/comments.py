"""Comments and watches in the admin: to look up; managers delete comments."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Role
from openrisk.admin.site import RelatedFilter, organization_id, site
from risks.admin.base import RegisterAdmin
from risks.admin.history import ReadOnlyAdmin
from risks.models import Comment, Watch
from risks.services.workspace import comments as services
from risks.text import shorten_text


@admin.register(Comment, site=site)
class CommentAdmin(RegisterAdmin):
    """People write comments where they belong. Deleting one here takes its text away."""

    actions = ()
    delete = staticmethod(services.delete_comment)
    list_display = ("created_at", "subject_label", "author", "beginning", "organization")
    list_select_related = ("risk", "mitigation", "author")
    list_filter = (("organization", RelatedFilter),)
    search_fields = ("text", "risk__reference", "mitigation__reference", "author__email")
    search_help_text = "Text, reference of the risk or mitigation, or address of the author"
    ordering = ("-created_at", "-id")
    fields = (
        *("subject_label", "author", "text", "mentioned"),
        *("edited_at", "deleted_at", "deleted_by"),
    )
    readonly_fields = (*RegisterAdmin.readonly_fields, *fields)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_access(request).has_role(Role.MANAGER, organization_id(obj))

    @admin.display(description="on")
    def subject_label(self, comment: Comment) -> str:
        return str(comment.subject)

    @admin.display(description="text")
    def beginning(self, comment: Comment) -> str:
        return "Deleted" if comment.is_deleted else shorten_text(comment.text, 100)

    @admin.display(description="mentions")
    def mentioned(self, comment: Comment) -> str:
        mentions = comment.mentions.select_related("user")
        return ", ".join(str(mention.user) for mention in mentions) or "-"


@admin.register(Watch, site=site)
class WatchAdmin(ReadOnlyAdmin):
    list_display = ("user", "subject_label", "created_at", "organization")
    list_select_related = ("user", "risk", "mitigation")
    list_filter = (("organization", RelatedFilter),)
    search_fields = ("user__name", "user__email", "risk__reference", "mitigation__reference")
    ordering = ("-id",)
    fields = ("user", "subject_label", "created_at")
    readonly_fields = ("subject_label",)

    @admin.display(description="watches")
    def subject_label(self, watch: Watch) -> str:
        return str(watch.subject)
