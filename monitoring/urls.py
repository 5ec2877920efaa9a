"""The pages under /monitoring/."""

from django.urls import path

from monitoring import views

urlpatterns = [path("cache/", views.cache_page, name="cache")]
