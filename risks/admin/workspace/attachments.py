"""Attachments in the admin: described and deleted here, uploaded on the pages."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from openrisk.admin.site import RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.files.media_types import describe_media_type
from risks.models import Attachment
from risks.services.workspace import attachments as services


@admin.register(Attachment, site=site)
class AttachmentAdmin(RegisterAdmin):
    update = staticmethod(services.update_attachment)
    delete = staticmethod(services.delete_attachment)
    list_display = (
        "name",
        "type_label",
        "size_label",
        "valid_until",
        "links_count",
        "uploaded_by",
        "created_at",
        "organization",
    )
    list_select_related = ("uploaded_by",)
    list_filter = ("media_type", ("organization", RelatedFilter))
    search_fields = ("name", "description", "sha256")
    ordering = ("-created_at", "-id")
    readonly_fields = (
        *RegisterAdmin.readonly_fields,
        "type_label",
        "size_label",
        "sha256",
        "uploaded_by",
        "page_link",
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No one adds files here: the pages take several, and say for what they are evidence."""
        return False

    def sections(self, obj: Any) -> list[Any]:
        content = ["type_label", "size_label", "sha256", "uploaded_by", "page_link"]
        return [
            (None, {"fields": ["name", "valid_until", "description"]}),
            ("Content", {"fields": content}),
        ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(links_count=Count("links"))

    @admin.display(description="type", ordering="media_type")
    def type_label(self, attachment: Attachment) -> str:
        return describe_media_type(attachment.media_type)

    @admin.display(description="size", ordering="size")
    def size_label(self, attachment: Attachment) -> str:
        return filesizeformat(attachment.size)

    @admin.display(description="used by", ordering="links_count")
    def links_count(self, attachment: Any) -> int:
        return int(attachment.links_count)

    @admin.display(description="page")
    def page_link(self, attachment: Attachment) -> SafeString:
        """The page to download it from, and to see where it is used."""
        url = reverse("file", args=[attachment.organization.slug, attachment.pk])
        return format_html('<a href="{}">{}</a>', url, attachment.name)
