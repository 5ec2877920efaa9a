"""API tokens end with what they were made for, whatever happens at the same moment."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import transaction

from openrisk.accounts.credentials import tokens
from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.models import ApiToken, Membership
from tests.risks.threads import in_threads


@pytest.mark.postgres  # the SQLite of the tests is in memory, where writers do not wait
@pytest.mark.django_db(transaction=True)
def test_token_that_is_made_while_the_membership_ends_ends_with_it(organization, viewer):
    made, ended = Event(), Event()

    def make():
        with transaction.atomic():
            create_token(user=viewer, organization=organization)
            made.set()
            ended.wait(1)  # which comes too early where nothing waits for this transaction

    def end():
        made.wait(10)
        Membership.objects.get(user=viewer).delete()
        ended.set()

    in_threads(make, end)
    assert not ApiToken.objects.exists()


def test_a_person_has_so_many_tokens(organization, viewer, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    of = {"user": viewer, "organization": organization}
    create_token(**of, name="expired", lifetime=timedelta(seconds=-1))
    create_token(**of)
    create_token(**of)
    with pytest.raises(tokens.TokenRefused, match="Revoke one"):
        create_token(**of)


def test_a_login_too_many_ends_the_oldest_login(organization, viewer, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_TOKENS", 3)
    of = {"user": viewer, "organization": organization, "replaces_oldest": True}
    kept, _ = create_token(**of, name="script")
    oldest, _ = create_token(**of, name="Login")
    create_token(**of, name="Login")
    create_token(**of, name="Login")
    left = ApiToken.objects.filter(user=viewer)
    assert (left.count(), kept in left, oldest in left) == (3, True, False)
