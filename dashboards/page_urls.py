"""The pages."""

from django.urls import path

from dashboards.pages import analyst, front

urlpatterns = [
    path("", front.home, name="home"),
    path("dashboards/analyst/", analyst.analyst, name="analyst"),
]
