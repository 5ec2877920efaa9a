"""The risk list cached as the documentation of Django REST framework shows it."""

from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_headers

from openrisk.api.viewsets import WritableViewSet
from risks.api.views.risks import RiskViewSet

SECONDS = 3600


class UsualViewSet(RiskViewSet):
    """Authenticates each request by one query for the token, as knox does it in two."""

    list = method_decorator([cache_page(SECONDS), vary_on_headers("Authorization")])(
        WritableViewSet.list
    )


urlpatterns = [path("api/v1/risks/", UsualViewSet.as_view({"get": "list"}))]
