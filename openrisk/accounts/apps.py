from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "openrisk.accounts"
    label = "accounts"

    def ready(self) -> None:
        from django.contrib.sessions.models import Session
        from django.db.models.signals import post_delete

        from openrisk.accounts import history
        from openrisk.accounts.credentials import tokens
        from openrisk.accounts.credentials.impersonation import Members
        from openrisk.accounts.models import ApiToken, Membership, Organization, User
        from openrisk.caching.principals import set_principal_directory
        from openrisk.database.tracking import CacheTags, RowHistory, track

        set_principal_directory(Members())
        history.connect_receivers()
        post_delete.connect(tokens.revoke_of_member, sender=Membership)

        # Who may do what: a change of one row is noticed by those it concerns.
        track(
            User,
            cache=CacheTags(organization_column=None, row_key="id", ignored_columns={"last_login"}),
        )
        track(Organization, cache=CacheTags(organization_column="id"))
        track(Membership, cache=CacheTags(row_key="user_id"), history=RowHistory())
        track(ApiToken, cache=CacheTags(row_key="digest", ignored_columns={"last_used_on"}))
        track(Session, cache=CacheTags(organization_column=None, row_key="session_key"))
