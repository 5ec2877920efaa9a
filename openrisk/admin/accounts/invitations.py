"""Invitations: made, renewed and revoked by administrators, who never see a link."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from openrisk.accounts.members import invitations
from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Invitation, Role
from openrisk.accounts.tasks import send_invitation
from openrisk.admin.accounts.base import AccountAdmin
from openrisk.admin.accounts.forms import InvitationForm
from openrisk.admin.site import RelatedFilter, site
from openrisk.pages.drafts import form_on
from openrisk.pages.submissions import mark_created

NO_MAIL = (
    "No mail server is set (EMAIL_URL). An operator can print the link: "
    "manage.py invitation_link {address} --organization {slug}"
)


@admin.register(Invitation, site=site)
class InvitationAdmin(AccountAdmin):
    form = InvitationForm
    list_display = ("address", "role", "state", "invited_by", "expires_at", "organization")
    list_display_links = None
    list_filter = ("status", "role", ("organization", RelatedFilter))
    list_select_related = ("invited_by",)
    search_fields = ("address",)
    ordering = ("-created_at", "id")
    fields = ("address", "organization", "role")
    actions = ("renew", "revoke")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: it is revoked, and stays to be seen."""
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_access(request).has_role(Role.ADMIN)

    has_renew_permission = has_add_permission

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        return get_access(request).query(Role.ADMIN)

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """The organization, where there is no choice."""
        administered = get_access(request).organizations(Role.ADMIN)
        chosen = {"organization": administered[0].pk} if len(administered) == 1 else {}
        return {**chosen, **super().get_changeform_initial_data(request)}

    @form_on()
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except invitations.InvitationRefused as refusal:  # another request was first
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:accounts_invitation_changelist")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        created = invitations.create_invitation(
            organization=obj.organization,
            address=obj.address,
            role=obj.role,
            actor=request.user,  # type: ignore[arg-type]
        )
        vars(obj).update(vars(created))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> HttpResponse:
        """Operators are shown the link where no mail server is set; no one else ever is."""
        if not get_access(request).superuser or invitations.can_mail():
            self._send(request, obj, "is invited")
            return redirect("admin:accounts_invitation_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Invitation of {obj.address}",
            "opts": self.opts,
            "secret": invitations.make_link(obj),
            "text": "Give this link to the owner of the address and to no one else. It is shown "
            "this once, and the first who opens it becomes the owner of the account.",
        }
        response = TemplateResponse(request, "accounts/admin_secret.html", context)
        add_never_cache_headers(response)
        return mark_created(response, "admin:accounts_invitation_changelist")

    def _send(self, request: HttpRequest, invitation: Invitation, done: str) -> None:
        """The same answer for every address."""
        if invitations.can_mail():
            send_invitation.enqueue(str(invitation.pk))
            text = f"{invitation.address} {done}: the link is on its way by mail."
            self.message_user(request, text, messages.SUCCESS)
            return
        slug = invitation.organization.slug
        text = NO_MAIL.format(address=invitation.address, slug=slug)
        self.message_user(request, f"{invitation.address} {done}. {text}", messages.WARNING)

    @admin.display(description="status", ordering="status")
    def state(self, invitation: Invitation) -> str:
        is_expired = invitation.status == "pending" and not invitation.is_open
        return "Expired" if is_expired else invitation.get_status_display()

    @admin.action(description="Renew, with a new link", permissions=["renew"])
    def renew(self, request: HttpRequest, queryset: Any) -> None:
        for invitation in queryset:
            try:
                invitations.renew_invitation(invitation, actor=request.user)  # type: ignore[arg-type]
            except invitations.InvitationRefused as refusal:
                self.message_user(request, f"{invitation.address}: {refusal}", messages.ERROR)
            else:
                self._send(request, invitation, "is invited again")

    @admin.action(description="Revoke", permissions=["renew"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        for invitation in queryset:
            try:
                invitations.revoke_invitation(invitation, actor=request.user)  # type: ignore[arg-type]
            except invitations.InvitationRefused as refusal:
                self.message_user(request, f"{invitation.address}: {refusal}", messages.ERROR)
            else:
                text = f"The invitation of {invitation.address} is revoked."
                self.message_user(request, text, messages.SUCCESS)
