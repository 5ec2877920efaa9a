"""The pages."""

from django.urls import path

from dashboards.pages import front

urlpatterns = [path("", front.home, name="home")]
