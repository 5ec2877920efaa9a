from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "openrisk.accounts"
    label = "accounts"
