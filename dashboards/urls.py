"""The figures under /api/v1/dashboards/."""

from django.urls import path

from dashboards.views import PARAMETERS, DashboardViewSet

urlpatterns = [
    path(
        f"dashboards/{name}/".replace("_", "-"),
        DashboardViewSet.as_view({"get": name}),
        name=f"dashboards-{name}".replace("_", "-"),
    )
    for name in PARAMETERS
]
