"""The pages of accounts."""

from django.urls import path

from openrisk.accounts import pages

urlpatterns = [
    path("login/", pages.login_page, name="login"),
    path("logout/", pages.logout_page, name="logout"),
    path("organization/", pages.organization_page, name="organization"),
]
