"""Permissions of roles in the REST API."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from openrisk.accounts.models import Role

DEFAULT_ROLES = {
    "create": Role.ANALYST,
    "update": Role.ANALYST,
    "partial_update": Role.ANALYST,
    "destroy": Role.MANAGER,
}


class RolePermission(BasePermission):
    """Reading needs `viewer`; a view's `roles` maps each writing action to the role it needs."""

    message = "Your role does not allow this. Ask an administrator of your organization."

    def has_permission(self, request: Request, view: Any) -> bool:
        membership = getattr(request, "membership", None)
        if not request.user.is_authenticated or not membership:
            return False
        if request.method in SAFE_METHODS:
            return membership.has_role(getattr(view, "read_role", Role.VIEWER))
        if view.action is None:
            return True  # the method does not exist here: let the view answer 405
        if getattr(request.auth, "read_only", False):
            self.message = "This token is read-only. Use one that may write."
            return False
        needed = {**DEFAULT_ROLES, **getattr(view, "roles", {})}.get(view.action, Role.ADMIN)
        if not membership.has_role(needed):
            self.message = (
                f"This needs the role {needed.value}; yours is {membership.role}. "
                "Ask an administrator of your organization."
            )
            return False
        return True
