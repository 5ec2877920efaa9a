"""History: every change of a row, whatever path it came by, with who, when, what and why."""

from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter

import pytest
from django.db import connection
from django.db.models import Subquery
from django.utils import timezone

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Membership, User
from openrisk.database.triggers import install_triggers, missing_triggers
from risks.history import recorded
from risks.history.reading import normalize_changes
from risks.history.recorded_models import recorded_models
from risks.models import Asset, Category, Change, Finding, Mitigation, Risk, RiskTag, SavedView
from risks.services.catalogue import delete_asset
from risks.services.risks import create_risk, delete_risk, update_risk
from risks.services.rows import update
from tests.risks.factories import (
    make_asset,
    make_category,
    make_control,
    make_finding,
    make_framework,
    make_mitigation,
    make_one_of_each,
    make_risk,
)

IN_SQL = "UPDATE risks_risk SET title = 'Flood' WHERE reference = 'R-0001'"


@pytest.fixture
def risk(organization):
    return make_risk(organization)


def _told(row, **conditions):
    """The changes of a row since it was created, as the models mean them, oldest first."""
    changes = Change.objects.filter(object_id=row.pk, **conditions).exclude(action="created")
    return [
        (change.action, normalize_changes(change.model, change.changes)) for change in changes[::-1]
    ]


def _last():
    return Change.objects.latest("id")


# --- Every path -------------------------------------------------------------------------------
def _save(risk):
    risk.title = "Flood"
    risk.save()


def _save_one_field(risk):
    risk.title = "Flood"
    risk.save(update_fields=["title"])


def _bulk_update(risk):
    risk.title = "Flood"
    Risk.objects.bulk_update([risk], ["title"])


def _upsert(risk):
    risk.title = "Flood"
    Risk.objects.bulk_create(
        [risk], update_conflicts=True, unique_fields=["id"], update_fields=["title"]
    )


def _in_sql(risk):
    with connection.cursor() as cursor:
        cursor.execute(IN_SQL)


@pytest.mark.parametrize(
    "change",
    [
        _save,
        _save_one_field,
        _bulk_update,
        _upsert,
        _in_sql,
        lambda risk: Risk.objects.update(title="Flood"),
        lambda risk: update_risk(actor=None, instance=risk, title="Flood"),
        lambda risk: update(actor=None, instance=risk, title="Flood"),
    ],
    ids=["save", "one field", "bulk_update", "upsert", "SQL", "update", "service", "rows"],
)
def test_every_way_to_change_is_recorded_once(risk, change):
    change(risk)
    assert _told(risk) == [("updated", {"title": ["Ransomware", "Flood"]})]


@pytest.mark.parametrize(
    "create",
    [
        lambda category: category.save(),
        lambda category: Category.objects.bulk_create([category]),
        lambda category: Category.objects.bulk_create([category], ignore_conflicts=True),
        lambda category: Category.objects.get_or_create(
            organization=category.organization, name=category.name
        ),
    ],
    ids=["save", "bulk_create", "ignoring conflicts", "get_or_create"],
)
def test_every_way_to_create_is_recorded_once(organization, create):
    create(Category(organization=organization, name="Cyber"))
    change = Change.objects.get(model="risks.category")
    assert (change.action, change.changes) == ("created", {"name": [None, "Cyber"]})
    assert (change.organization, change.object_id) == (organization, Category.objects.get().pk)


def _delete_in_sql(category):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM risks_category")


@pytest.mark.parametrize(
    "delete",
    [
        lambda category: category.delete(),
        lambda category: Category.objects.all().delete(),
        lambda category: Category.objects.all()._raw_delete("default"),
        _delete_in_sql,
        lambda category: category.organization.delete(),
    ],
    ids=["delete", "queryset", "raw", "SQL", "cascade"],
)
def test_every_way_to_delete_is_recorded_once(organization, delete):
    category = make_category(organization)
    delete(Category.objects.get())
    assert _told(category) == [("deleted", {"name": ["Cyber", None]})]


def test_change_of_many_rows_tells_each(organization):
    risks = [make_risk(organization) for _ in range(3)]
    Risk.objects.exclude(pk=risks[0].pk).update(title="Flood", description="Wet")
    changed = ("updated", {"title": ["Ransomware", "Flood"], "description": ["", "Wet"]})
    assert [_told(risk) for risk in risks] == [[], [changed], [changed]]


def test_rows_beyond_a_batch_are_recorded(organization):
    Category.objects.bulk_create(
        Category(organization=organization, name=str(number)) for number in range(1200)
    )
    assert Change.objects.filter(model="risks.category").count() == 1200


def test_fields_that_stay_the_same_are_not_recorded(risk):
    risk.save()
    Risk.objects.update(title="Ransomware")
    Risk.objects.update(version=9, updated_at=timezone.now())
    assert _told(risk) == []


def test_creation_tells_what_is_filled(organization):
    risk = make_risk(organization, inherent_likelihood=4, description="")
    changes = Change.objects.get(object_id=risk.pk, action="created").changes
    assert changes["inherent_likelihood"] == [None, 4]
    assert changes["reference"] == [None, "R-0001"]
    assert not changes.keys() & {"description", "extra", "inherent_impact", "version", "id"}


# --- Every model ------------------------------------------------------------------------------
CHANGED = {
    "accounts.membership": {"role": "viewer"},
    "risks.category": {"name": "Other"},
    "risks.matrix": {"impact_labels": ["1", "2", "3", "4", "5"]},
    "risks.risk": {"extra": {"a": [1, None]}},
    "risks.acceptance": {"conditions": "Review it"},
    "risks.asset": {"hostnames": ["erp.example.org"]},
    "risks.mitigation": {"due_date": "2030-01-31"},
    "risks.mitigationaction": {"title": "Other"},
    "risks.framework": {"edition": "2022"},
    "risks.control": {"status": "implemented"},
    "risks.finding": {"known_exploited": True},
    "risks.findingrule": {"active": False},
    "risks.riskproposal": {"status": "dismissed"},
    "risks.likelihoodsuggestion": {"status": "dismissed"},
    "risks.billofmaterials": {"subject": "pkg:generic/shop"},
    "risks.attachment": {"description": "Signed"},
    "risks.deleteditem": {"reference": "R-0009"},
    "risks.importsource": {"options": {"month_first": True}},
    "risks.savedview": {"shared": True},
    "risks.defaultview": {"view_id": SavedView.objects.order_by("-pk").values("pk")[:1]},
    "risks.bulkchange": {"comment": "Changed"},
    "risks.comment": {"text": "Changed"},
    "risks.customfield": {"help": "Where"},
    "risks.watch": {"user_id": Subquery(User.objects.order_by("-email").values("pk")[:1])},
    "marketplace.app": {"settings": {"asset": "shop"}},
    "marketplace.review": {"rating": 1},
    "dashboards.checklistdismissal": {"dismissed_by_id": None},
    "dashboards.documentsettings": {"confidentiality": "Changed"},
    "dashboards.reportschedule": {"recipients": ["b@example.org"]},
    "marketplace.installedpack": {"pack_version": "2.0.0"},
}


@pytest.mark.parametrize(
    "recorded_model",
    [recorded for recorded in recorded_models() if recorded.link is None],
    ids=attrgetter("label"),
)
def test_every_model_tells_its_whole_life(organization, analyst, manager, recorded_model):
    make_one_of_each(organization, analyst)
    row = recorded_model.model.objects.order_by("pk").first()
    type(row).objects.filter(pk=row.pk).update(**CHANGED[recorded_model.label])
    type(row).objects.get(pk=row.pk).delete()
    life = Change.objects.filter(model=recorded_model.label, object_id=row.pk).order_by("id")
    assert (life.first().action, life.last().action) == ("created", "deleted")
    assert CHANGED[recorded_model.label].keys() in [change.changes.keys() for change in life]
    assert {change.organization for change in life} == {organization}


def test_every_link_is_recorded_for_its_parent(organization, analyst):
    risk = make_one_of_each(organization, analyst)
    asset, server = Asset.objects.order_by("name")
    second, first = risk.mitigations.get().actions.order_by("-order")
    control = risk.controls.get()
    links = {name: pair for _, change in _told(risk) for name, pair in change.items()}
    assert links == {
        "tags": [None, "it"],
        "controls": [None, control.pk],
        "assets": [None, asset.pk],
        "attachments": [None, risk.attachment_links.get().attachment_id],
    }
    assert _told(asset) == [("updated", {"dependencies": [None, server.pk]})]
    assert _told(second) == [("updated", {"depends_on": [None, first.pk]})]


def test_removed_links_are_recorded(organization):
    asset = make_asset(organization)
    control = make_control(make_framework(organization))
    risk = make_risk(organization, tags=["it"], assets=[asset], controls=[control])
    before = len(_told(risk))
    RiskTag.objects.all().delete()
    update_risk(actor=None, instance=risk, controls=[])
    delete_asset(actor=None, instance=asset)
    assert _told(risk)[before:] == [
        ("updated", {"tags": ["it", None]}),
        ("updated", {"controls": [control.pk, None]}),
        ("updated", {"assets": [asset.pk, None]}),
    ]


def test_every_tracked_model_has_its_triggers(db):
    assert missing_triggers(connection, "history") == []


def test_missing_trigger_is_named_and_put_back(db):
    table = " ON risks_asset" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER openrisk_risks_asset_update{table}")
    assert missing_triggers(connection, "history") == ["openrisk_risks_asset_update"]
    if connection.vendor == "postgresql":  # SQLite's installer commits, which would end the test
        install_triggers(connection)
        assert missing_triggers(connection, "history") == []


# --- What follows from other rows ------------------------------------------------------------
def test_cascade_tells_everything_that_goes(organization, analyst, manager):
    risk = make_one_of_each(organization, analyst)
    delete_risk(actor=manager, instance=risk)
    gone = Change.objects.filter(action="deleted")
    assert sorted(gone.values_list("model", flat=True)) == [
        "risks.acceptance",
        "risks.comment",
        "risks.likelihoodsuggestion",
        "risks.mitigation",
        "risks.mitigationaction",
        "risks.mitigationaction",
        "risks.risk",
        "risks.watch",
    ]
    assert {change.actor for change in gone} == {manager}


def test_reference_that_is_emptied_is_recorded(organization, analyst):
    category = make_category(organization)
    risk = make_risk(organization, category=category, owner=analyst)
    Category.objects.all().delete()
    User.objects.filter(pk=analyst.pk).delete()
    assert _told(risk) == [
        ("updated", {"category": [category.pk, None]}),
        ("updated", {"owner": [analyst.pk, None]}),
    ]


def test_history_outlives_the_row_the_actor_and_the_organization(organization, manager):
    risk = create_risk(actor=manager, organization=organization, title="Ransomware")
    ids = (organization.pk, manager.pk)
    delete_risk(actor=None, instance=risk)
    organization.delete()
    User.objects.all().delete()
    change = Change.objects.get(object_id=risk.pk, action="created")
    assert (change.organization_id, change.actor_id) == ids


def test_membership_has_a_history(organization, analyst, admin):
    with recorded(actor=admin, comment="Promoted"):
        set_role(user=analyst, organization=organization, role="manager")
    change = _last()
    assert change.changes == {"role": ["analyst", "manager"]}
    assert (change.object_id, change.actor) == (Membership.objects.get(user=analyst).pk, admin)


# --- The same on both databases ---------------------------------------------------------------
def test_values_read_as_the_models_mean_them(organization, analyst):
    risk = make_risk(organization)
    update_risk(
        actor=None,
        instance=risk,
        owner=analyst,
        inherent_likelihood=2,
        inherent_impact=5,
        next_review_at=datetime(2030, 1, 31, 8, tzinfo=UTC),
        extra={"Zustand": "gut", "n": [1, 2.5, None, True]},
    )
    assert _told(risk) == [
        (
            "updated",
            {
                "owner": [None, analyst.pk],
                "inherent_likelihood": [None, 2],
                "inherent_impact": [None, 5],
                "inherent_score": [None, 10],
                "inherent_level": [None, "medium"],
                "current_likelihood": [None, 2],
                "current_impact": [None, 5],
                "current_score": [None, 10],
                "current_level": [None, "medium"],
                "priority": [None, Decimal("10.00")],
                "next_review_at": [None, datetime(2030, 1, 31, 8, tzinfo=UTC)],
                "extra": [{}, {"Zustand": "gut", "n": [1, 2.5, None, True]}],
            },
        ),
    ]


def test_dates_decimals_and_flags_read_as_the_models_mean_them(risk):
    mitigation = make_mitigation(risk)
    Mitigation.objects.update(
        due_date="2030-01-31", cost=Decimal("1200.50"), currency="EUR", effectiveness="0.25"
    )
    assert _told(mitigation) == [
        (
            "updated",
            {
                "due_date": [None, datetime(2030, 1, 31).date()],  # noqa: DTZ001  only its date
                "cost": [None, Decimal("1200.50")],
                "currency": ["", "EUR"],
                "effectiveness": [None, Decimal("0.25")],
            },
        )
    ]
    finding = make_finding(risk.organization)
    Finding.objects.update(known_exploited=True, risk=risk)
    assert _told(finding) == [
        ("updated", {"known_exploited": [False, True], "risk": [None, risk.pk]})
    ]


def test_field_that_is_gone_reads_as_it_was_written():
    assert normalize_changes("risks.risk", {"colour": ["red", None]}) == {"colour": ["red", None]}
    assert normalize_changes("risks.risk", {"owner_id": ["nonsense", None]}) == {
        "owner": ["nonsense", None]
    }


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_row_that_sqlite_replaces_is_recorded_as_deleted_and_created(organization):
    category = make_category(organization)
    with connection.cursor() as cursor:
        cursor.execute("INSERT OR REPLACE INTO risks_category SELECT * FROM risks_category")
    actions = Change.objects.filter(object_id=category.pk).order_by("id")
    assert [change.action for change in actions] == ["created", "deleted", "created"]
