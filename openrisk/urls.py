"""All routes: API, admin, pages."""

from django.urls import path

urlpatterns: list = []
