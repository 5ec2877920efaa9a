"""Watches."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, Role, User
from openrisk.api.viewsets import WritableViewSet
from risks.api.filters import WatchFilterSet
from risks.api.serializers.workspace.watches import WatchSerializer
from risks.models import Watch
from risks.services.workspace import watches


def create_watch(*, actor: User, organization: Organization, **fields: Any) -> Watch:
    return watches.start_watching(actor=actor, **fields)


def delete_watch(*, actor: User, instance: Watch, version: int | None = None) -> None:
    if instance.user_id != actor.pk:
        raise PermissionDenied(_("Only the person who watches can end this."))
    watches.stop_watching(actor=actor, risk=instance.risk, mitigation=instance.mitigation)


class WatchViewSet(WritableViewSet):
    """The members who watch a risk or a mitigation. Each begins and ends their own watches."""

    model = Watch
    serializer_class = WatchSerializer
    filterset_class = WatchFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    roles = {"create": Role.VIEWER, "destroy": Role.VIEWER}
    preconditions = {}
    http_method_names = ["get", "post", "delete", "head", "options"]
    create_service = staticmethod(create_watch)
    delete_service = staticmethod(delete_watch)

    def get_queryset(self) -> Any:
        return super().get_queryset().of_members()
