"""Relations of risks: add, list and remove them."""

from typing import Any

from django.db.models import F, Q
from django_filters.filters import UUIDFilter

from openrisk.accounts.models import Role
from openrisk.api.filters import OrganizationFilterSet
from openrisk.api.viewsets import WritableViewSet
from risks.api.serializers.workspace.relations import RiskRelationSerializer
from risks.fields import SAME
from risks.models import RiskRelation
from risks.services.workspace import relations


class RiskRelationFilterSet(OrganizationFilterSet):
    of = UUIDFilter(method="filter_of", label="Relates this risk, from either side")

    class Meta:
        model = RiskRelation
        fields = {"risk": SAME, "other": SAME, "kind": SAME}

    def filter_of(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.filter(Q(risk=value) | Q(other=value))


class RiskRelationViewSet(WritableViewSet):
    """Relations of risks. Two risks have at most one relation."""

    model = RiskRelation
    serializer_class = RiskRelationSerializer
    filterset_class = RiskRelationFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    roles = {"destroy": Role.ANALYST}
    preconditions = {}
    http_method_names = ["get", "post", "delete", "head", "options"]
    create_service = staticmethod(relations.relate_risks)
    delete_service = staticmethod(relations.remove_relation)
