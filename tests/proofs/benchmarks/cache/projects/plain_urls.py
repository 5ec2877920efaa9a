"""The risk list without any cache of responses, for libraries that cache queries."""

from django.urls import path

from openrisk.api.viewsets import WritableViewSet
from risks.api.views.risks import RiskViewSet


class PlainViewSet(RiskViewSet):
    list = WritableViewSet.list


urlpatterns = [path("api/v1/risks/", PlainViewSet.as_view({"get": "list"}))]
