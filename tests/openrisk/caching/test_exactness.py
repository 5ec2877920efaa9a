"""Whatever happens in whatever order, a cached read is what an uncached one would be."""

from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import ApiToken, Membership, Organization, Role, User
from risks.models import Asset
from tests.conftest import member
from tests.openrisk.caching.calls import ASSETS, call, token
from tests.openrisk.caching.tags import execute

names = st.integers(0, 99).map(lambda number: f"asset {number:02}")
owners = st.integers(0, 1)


class Undone(Exception):
    pass


class Register(RuleBasedStateMachine):
    """Two organizations, a member of each, and every way to write."""

    def __init__(self):
        super().__init__()
        self.owners = [Organization.objects.create(name="A", slug=f"a-{uuid4()}") for _ in range(2)]
        self.people = [member(Role.VIEWER, owner) for owner in self.owners]
        pairs = zip(self.people, self.owners, strict=True)
        self.tokens = [token(person, owner) for person, owner in pairs]
        for owner in self.owners:
            for number in range(2):
                Asset.objects.create(organization=owner, name=f"first {number}")

    def of(self, owner):
        return Asset.objects.filter(organization=self.owners[owner])

    @rule(owner=owners, name=names)
    def save(self, owner, name):
        if not self.of(owner).filter(name=name).exists():
            Asset.objects.create(organization=self.owners[owner], name=name)

    @rule(owner=owners, text=names)
    def update(self, owner, text):
        self.of(owner).update(description=text)

    @rule(owner=owners, text=names)
    def bulk_update(self, owner, text):
        rows = list(self.of(owner))
        for row in rows:
            row.description = f"{row.name} {text}"
        Asset.objects.bulk_update(rows, ["description"])

    @rule(owner=owners, text=names)
    def update_in_sql(self, owner, text):
        pk = self.owners[owner].pk
        key = pk.hex if connection.vendor == "sqlite" else pk
        execute("UPDATE risks_asset SET description = %s WHERE organization_id = %s", text, key)

    @rule(owner=owners)
    def delete_all(self, owner):
        self.of(owner).delete()

    @rule(owner=owners)
    def move(self, owner):
        row = self.of(owner).first()
        if row and not self.of(1 - owner).filter(name=row.name).exists():
            Asset.objects.filter(pk=row.pk).update(organization=self.owners[1 - owner])

    @rule(owner=owners, text=names)
    def roll_back(self, owner, text):
        with suppress(Undone), transaction.atomic():
            self.of(owner).update(description=text)
            raise Undone

    @rule(owner=owners, text=names)
    def undo_a_savepoint(self, owner, text):
        with transaction.atomic():
            self.of(owner).update(description=text)
            with suppress(Undone), transaction.atomic():
                self.of(owner).delete()
                raise Undone

    @rule(owner=owners, role=st.sampled_from(Role.values))
    def grant(self, owner, role):
        set_role(user=self.people[owner], organization=self.owners[owner], role=role)

    @rule(owner=owners)
    def revoke(self, owner):
        Membership.objects.filter(user=self.people[owner]).delete()

    @rule(owner=owners, active=st.booleans())
    def activate(self, owner, active):
        User.objects.filter(pk=self.people[owner].pk).update(is_active=active)

    @rule(owner=owners, read_only=st.booleans())
    def change_token(self, owner, read_only):
        ApiToken.objects.filter(user=self.people[owner]).update(read_only=read_only)

    @invariant()
    def cached_reads_are_what_uncached_ones_would_be(self):
        for credential in self.tokens:
            cached = call(ASSETS, credential, HTTP_X_REQUEST_ID="same")
            with override_settings(CACHE_BACKEND="none"):
                plain = call(ASSETS, credential, HTTP_X_REQUEST_ID="same")
            assert (cached.status, cached.body) == (plain.status, plain.body)


@pytest.mark.django_db(transaction=True)
def test_cached_reads_are_exact_in_every_order_of_events():
    run_state_machine_as_test(
        Register,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            phases=(Phase.generate,),  # shrinking takes minutes, and the steps are printed anyway
            suppress_health_check=list(HealthCheck),
        ),
    )
