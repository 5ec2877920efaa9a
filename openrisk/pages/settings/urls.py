"""The pages of the settings that every organization has, whatever its apps are."""

from django.urls import path

from openrisk.pages.settings import general, members, service_accounts

urlpatterns = [
    path("", general.settings_page, name="settings"),
    path("general/", general.general_page, name="settings-general"),
    path("members/", members.member_list, name="settings-members"),
    path("service-accounts/", service_accounts.token_page, name="settings-tokens"),
    path("service-accounts/new/", service_accounts.new_account, name="service-account-new"),
    path(
        "service-accounts/<uuid:pk>/role/",
        service_accounts.change_role,
        name="service-account-role",
    ),
    path(
        "service-accounts/<uuid:pk>/remove/",
        service_accounts.remove_account,
        name="service-account-remove",
    ),
    path(
        "service-accounts/tokens/<uuid:uid>/revoke/",
        service_accounts.revoke_token,
        name="service-token-revoke",
    ),
]
