"""The pages of accounts."""

from django.urls import path

from openrisk.accounts import account_pages, addresses, invitation_pages, pages

urlpatterns = [
    path("", addresses.start, name="start"),
    path("login/", pages.login_page, name="login"),
    path("logout/", pages.logout_page, name="logout"),
    path("account/", account_pages.account_page, name="account"),
    path("account/password/", account_pages.password_page, name="password"),
    path("account/tokens/<uuid:uid>/revoke/", account_pages.revoke_token, name="token-revoke"),
    path("invitation/<str:secret>/", invitation_pages.invitation_page, name="invitation"),
    path("organization/", addresses.organization_page, name="organization"),
]
