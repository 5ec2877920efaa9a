"""The pages of accounts."""

from django.urls import path

from openrisk.accounts import addresses, pages

urlpatterns = [
    path("", addresses.start, name="start"),
    path("login/", pages.login_page, name="login"),
    path("logout/", pages.logout_page, name="logout"),
    path("organization/", addresses.organization_page, name="organization"),
]
