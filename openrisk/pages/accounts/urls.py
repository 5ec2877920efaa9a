"""The pages of accounts."""

from django.urls import path

from openrisk.pages.accounts import account, invitation, organization_addresses, sign_in

urlpatterns = [
    path("", organization_addresses.start_page, name="start"),
    path("login/", sign_in.login_page, name="login"),
    path("logout/", sign_in.logout_page, name="logout"),
    path("account/", account.account_page, name="account"),
    path("account/password/", account.password_page, name="password"),
    path("account/tokens/<uuid:uid>/revoke/", account.revoke_token, name="token-revoke"),
    path("invitation/<str:secret>/", invitation.invitation_page, name="invitation"),
    path("organization/", organization_addresses.organization_page, name="organization"),
]
