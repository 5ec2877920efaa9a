"""Each way to write gives new versions to the right tags and no others; a rollback to none."""

import threading
from contextlib import suppress

import pytest
from django.contrib.auth import login
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from deployment.local.calibration import patience
from openrisk.accounts.credentials.sessions import SessionStore
from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import ApiToken, Membership, Role, User
from openrisk.caching.freshness import snapshots, tag_versions, triggers_postgresql
from openrisk.caching.freshness.registry import EPOCH
from risks.models import Asset, Category, Risk, RiskAsset, RiskTag, ScoreChange
from tests.openrisk.caching.tags import execute, moved_by, tags_of
from tests.openrisk.caching.tags import tokens as all_tokens
from tests.risks.factories import make_asset, make_risk


class Undone(Exception):
    """Ends a transaction that is to leave nothing."""


def key_of(row):
    return row.pk.hex if connection.vendor == "sqlite" else row.pk


@pytest.fixture
def asset(organization):
    return make_asset(organization)


# --- Ways to write ----------------------------------------------------------------------------
def _save(asset):
    asset.name = "Mail"
    asset.save()


def _bulk_update(asset):
    asset.name = "Mail"
    Asset.objects.bulk_update([asset], ["name"])


def _update_in_sql(asset):
    execute("UPDATE risks_asset SET name = 'Mail' WHERE id = %s", key_of(asset))


def _delete_in_sql(asset):
    execute("DELETE FROM risks_asset WHERE id = %s", key_of(asset))


def _upsert(asset):
    asset.name = "Mail"
    Asset.objects.bulk_create(
        [asset], update_conflicts=True, unique_fields=["id"], update_fields=["name"]
    )


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(_save, id="save"),
        pytest.param(lambda asset: Asset.objects.update(name="Mail"), id="update"),
        pytest.param(_bulk_update, id="bulk-update"),
        pytest.param(_upsert, id="upsert"),
        pytest.param(_update_in_sql, id="update-in-sql"),
        pytest.param(lambda asset: Asset.objects.filter(pk=asset.pk).delete(), id="delete"),
        pytest.param(_delete_in_sql, id="delete-in-sql"),
    ],
)
def test_every_write_of_a_row_counts_for_it_and_its_organization(asset, write):
    expected = tags_of(asset)
    assert moved_by(lambda: write(asset)) == expected
    assert len(expected) == 2


@pytest.mark.parametrize(
    "create",
    [
        pytest.param(lambda row: row.save(), id="save"),
        pytest.param(lambda row: Asset.objects.bulk_create([row]), id="bulk-create"),
        pytest.param(
            lambda row: Asset.objects.bulk_create([row], ignore_conflicts=True), id="ignore"
        ),
    ],
)
def test_new_rows_count_too(asset, organization, create):
    row = Asset(organization=organization, name="Mail")
    assert moved_by(lambda: create(row)) == tags_of(row)


def test_reading_leaves_nothing(asset):
    assert moved_by(lambda: [list(Asset.objects.all()), Asset.objects.count()]) == set()


def test_write_that_finds_no_row_leaves_nothing(asset):
    assert moved_by(lambda: Asset.objects.filter(name="Nobody").update(name="x")) == set()


def test_other_organizations_tags_stay(asset, other_organization):
    foreign = make_asset(other_organization)
    assert moved_by(lambda: Asset.objects.filter(pk=foreign.pk).update(name="x")) == tags_of(
        foreign
    )
    assert not tags_of(foreign) & tags_of(asset)


def test_row_that_moves_counts_for_both_organizations(asset, other_organization):
    before = tags_of(asset)
    asset.organization = other_organization
    assert moved_by(asset.save) == before | tags_of(asset)
    assert len(before | tags_of(asset)) == 3


def test_cascade_counts_for_every_row_that_goes(organization, asset):
    risk = make_risk(organization, assets=[asset], tags=["it"])
    doomed = [risk, RiskAsset.objects.get(), RiskTag.objects.get(), ScoreChange.objects.get()]
    assert moved_by(lambda: Risk.objects.all().delete()) == tags_of(*doomed)


def test_row_of_no_organization_counts_for_all(viewer):
    other = User.objects.create_user("other@example.com")
    tags = moved_by(lambda: User.objects.filter(pk=viewer.pk).update(name="New"))
    assert tags == tags_of(viewer)
    assert "accounts.user:*" in tags
    assert not (tags - {"accounts.user:*"}) & tags_of(other)


def test_membership_counts_for_its_person(viewer, analyst, organization):
    mine, theirs = (tags_of(Membership.objects.get(user=user)) for user in (viewer, analyst))
    moved = moved_by(lambda: set_role(user=viewer, organization=organization, role=Role.ADMIN))
    assert moved == mine
    assert mine & theirs == {f"accounts.membership:{key_of(organization)}"}


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"])
def test_conflict_clauses_of_sqlite_do_not_reach_the_tokens(organization, other_organization, verb):
    """The policy of the statement outside would win over one written in a trigger."""
    old = Category.objects.create(organization=organization, name="Cyber")
    Category.objects.create(organization=other_organization, name="Other")
    new = Category(organization=other_organization, name="Cyber")
    columns = [field.column for field in Category._meta.concrete_fields]
    new.pk = old.pk if "REPLACE" in verb else new.pk
    values = [
        field.get_db_prep_save(field.pre_save(new, True), connection)
        for field in Category._meta.concrete_fields
    ]
    marks = ", ".join(["%s"] * len(columns))
    names = ", ".join(f'"{name}"' for name in columns)
    moved = moved_by(
        lambda: execute(f"{verb} INTO risks_category ({names}) VALUES ({marks})", *values)
    )
    assert moved == tags_of(new) | (tags_of(old) if "REPLACE" in verb else set())


# --- Many rows, whole tables ------------------------------------------------------------------
@pytest.mark.postgres
@pytest.mark.parametrize(("rows", "together"), [(32, False), (33, True)], ids=["32", "33"])
def test_many_rows_of_one_statement_count_as_many(organization, rows, together):
    made = [Asset(organization=organization, name=str(number)) for number in range(rows)]
    moved = moved_by(lambda: Asset.objects.bulk_create(made))
    whole = {f"risks.asset:{organization.pk}", "risks.asset#*"}
    assert moved == (whole if together else tags_of(*made))


@pytest.mark.postgres
def test_truncate_counts_for_all_organizations(db):
    moved = moved_by(lambda: execute("TRUNCATE risks_assetdependency"))
    assert moved == {"risks.assetdependency:*", "risks.assetdependency#*"}


# --- Silent columns ---------------------------------------------------------------------------
def _log_in(user):
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")


def test_day_of_last_use_and_login_are_ignored(viewer, organization):
    create_token(user=viewer, organization=organization)
    assert moved_by(lambda: ApiToken.objects.update(last_used_on=timezone.now().date())) == set()
    moved = moved_by(lambda: _log_in(viewer))
    assert {tag.partition(":")[0].partition("#")[0] for tag in moved} == {"sessions.session"}


def test_ignored_column_does_not_hide_another(viewer, organization):
    made, _ = create_token(user=viewer, organization=organization)
    change = {"last_used_on": timezone.now().date(), "read_only": True}
    assert moved_by(lambda: ApiToken.objects.update(**change)) == tags_of(made)


def test_changed_key_of_a_model_with_ignored_columns_counts_for_both(viewer, organization):
    made, _ = create_token(user=viewer, organization=organization)
    before = tags_of(made)
    made.digest = "0" * 128
    moved = moved_by(lambda: ApiToken.objects.update(digest=made.digest))
    assert moved >= before | tags_of(made)


@pytest.mark.postgres
def test_keys_of_sessions_do_not_lie_about(viewer):
    moved = moved_by(lambda: _log_in(viewer))
    [session] = Session.objects.all()
    assert moved
    assert not any(session.session_key in tag for tag in moved)


# --- Parts --------------------------------------------------------------------------------------
def names_of(organization):
    return f"risks.risk.names:{key_of(organization)}"


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        pytest.param({"description": "x"}, False, id="others"),
        pytest.param({"title": "Fire"}, True, id="own"),
        pytest.param({"title": "Flood", "description": "x"}, False, id="own-to-the-same"),
    ],
)
def test_column_group_moves_with_its_own_columns_alone(organization, change, moves):
    make_risk(organization, title="Flood")
    moved = moved_by(lambda: Risk.objects.update(**change))
    assert (names_of(organization) in moved) == moves
    assert f"risks.risk:{key_of(organization)}" in moved


def test_column_group_moves_with_rows_that_come_go_or_change_hands(
    organization, other_organization
):
    ours, theirs = names_of(organization), names_of(other_organization)
    assert ours in moved_by(lambda: make_risk(organization))
    move = {"organization": other_organization}
    assert {ours, theirs} <= moved_by(lambda: Risk.objects.update(**move))
    moved = moved_by(lambda: Risk.objects.all().delete())
    assert (theirs in moved, ours in moved) == (True, False)


# --- Transactions -----------------------------------------------------------------------------
def test_rollback_leaves_nothing(asset):
    def write():
        with suppress(Undone), transaction.atomic():
            Asset.objects.update(name="Mail")
            raise Undone

    assert moved_by(write) == set()


def test_savepoint_that_is_undone_leaves_what_lies_around_it(asset, organization):
    outside = Category.objects.create(organization=organization, name="Cyber")

    def write():
        with transaction.atomic():
            Category.objects.update(name="IT")
            with suppress(Undone), transaction.atomic():
                Asset.objects.update(name="Mail")
                raise Undone

    assert moved_by(write) == tags_of(outside)


# --- Compaction -------------------------------------------------------------------------------
def _writes(asset):
    for name in "abc":
        Asset.objects.update(name=name)


def test_compaction_changes_no_token(asset):
    _writes(asset)
    rows = tag_versions.count_rows()
    assert moved_by(tag_versions.compact) == set()
    assert tag_versions.count_rows() == len(all_tokens()) <= rows


def test_too_many_rows_of_a_model_are_forgotten_together(asset, organization, monkeypatch):
    risk = make_risk(organization)
    monkeypatch.setattr(tag_versions, "MOST_ROW_TAGS", 0)
    moved = moved_by(tag_versions.compact)
    assert {"risks.asset#*", "risks.risk#*"} <= moved
    rows_of = {tag for row in (asset, risk) for tag in tags_of(row) if "#" in tag}
    assert not rows_of & all_tokens().keys()
    assert not any(":" in tag for tag in moved)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_compaction_beside_writers_and_another_compaction(organization):
    asset = make_asset(organization)
    _writes(asset)
    with snapshots.open_connection(connection, "test") as other:
        with other.transaction():
            other.execute("UPDATE risks_asset SET name = 'Mail'")
            assert moved_by(tag_versions.compact) == set()  # does not wait, sees nothing of it
        _writes(asset)
        before = all_tokens()
        assert tags_of(asset) <= before.keys()
        with other.transaction():
            other.execute(triggers_postgresql.COMPACT)
            second = threading.Thread(target=_compact)
            second.start()  # waits for the rows that the first has deleted
            second.join(0.2)
        second.join(patience(20))
        assert all_tokens() == before
    assert tag_versions.count_rows() == len(before)


def _compact():
    try:
        tag_versions.compact()
    finally:
        connection.close()


# --- New versions ---------------------------------------------------------------------------
def test_new_versions_differ_each_time(db):
    first = moved_by(lambda: tag_versions.bump(["risks.risk:*", EPOCH]))
    second = moved_by(lambda: tag_versions.bump(["risks.risk:*"]))
    assert (first, second) == ({"risks.risk:*", EPOCH}, {"risks.risk:*"})
