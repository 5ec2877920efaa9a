"""Saved views: addresses, who may change and share them, and defaults."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from openrisk.accounts.models import Role
from openrisk.errors import Conflict, StaleVersion
from risks.models import Change, DefaultView, SavedView
from risks.services.workspace import saved_views
from risks.services.workspace.saved_views import (
    clear_default,
    create_view,
    delete_view,
    set_default,
    update_view,
)
from tests.conftest import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def view(organization, analyst):
    return create_view(
        actor=analyst, organization=organization, name="Open", query={"open": "true"}, shared=True
    )


def test_views_of_one_name_have_addresses_of_their_own(organization, analyst, view):
    second = create_view(actor=analyst, organization=organization, name="open", query={})
    reserved = create_view(actor=analyst, organization=organization, name="All", query={})
    assert [view.slug, second.slug, reserved.slug] == ["open", "open-2", "all-2"]


def test_change_of_a_view_is_in_its_history(analyst, view):
    update_view(actor=analyst, instance=view, version=1, name="Neither draft nor closed")
    change = Change.objects.filter(object_id=view.pk).latest("id")
    assert change.changes["name"] == ["Open", "Neither draft nor closed"]


def test_view_of_another_person_is_changed_by_managers_only(organization, view, manager):
    other = member(Role.ANALYST, organization, "other")
    with pytest.raises(PermissionDenied, match="Save it as a view of your own"):
        update_view(actor=other, instance=view, name="Mine now")
    assert update_view(actor=manager, instance=view, name="Ours").name == "Ours"


def test_private_view_is_not_even_its_managers(organization, analyst, manager):
    own = create_view(actor=analyst, organization=organization, name="Own", query={})
    assert list(SavedView.objects.visible_to(manager)) == []
    with pytest.raises(PermissionDenied):
        delete_view(actor=manager, instance=own)


def test_viewers_have_views_of_their_own_and_share_none(organization, viewer):
    own = create_view(actor=viewer, organization=organization, name="Own", query={})
    with pytest.raises(PermissionDenied, match="analyst"):
        update_view(actor=viewer, instance=own, shared=True)


def test_stale_version_of_a_view_is_refused(analyst, view):
    update_view(actor=analyst, instance=view, version=1, name="Second")
    with pytest.raises(StaleVersion):
        update_view(actor=analyst, instance=view, version=1, name="Third")


@pytest.mark.parametrize("query", [["open"], {"open": True}, {"x": "y" * 2001}, {"n" * 101: "y"}])
def test_query_is_an_object_of_texts(organization, analyst, query):
    with pytest.raises(ValidationError):
        create_view(actor=analyst, organization=organization, name="Odd", query=query)


def test_number_of_views_is_limited(organization, analyst, view, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    with pytest.raises(Conflict, match="1 views"):
        create_view(actor=analyst, organization=organization, name="One more", query={})


def test_default_replaces_the_former_one(organization, analyst, view):
    second = create_view(actor=analyst, organization=organization, name="Second", query={})
    set_default(actor=analyst, view=view)
    set_default(actor=analyst, view=second)
    assert DefaultView.objects.get(user=analyst).view == second
    clear_default(actor=analyst, view=second)
    assert not DefaultView.objects.exists()


def test_default_of_the_organization_is_set_by_managers_and_shared(
    organization, analyst, manager, view
):
    with pytest.raises(PermissionDenied, match="managers"):
        set_default(actor=analyst, view=view, for_all=True)
    own = create_view(actor=manager, organization=organization, name="Own", query={})
    with pytest.raises(Conflict, match="Share the view first"):
        set_default(actor=manager, view=own, for_all=True)
    set_default(actor=manager, view=view, for_all=True)
    assert DefaultView.objects.get(user=None).view == view


def test_view_that_is_no_longer_shared_is_no_default_of_others(analyst, manager, view):
    set_default(actor=manager, view=view, for_all=True)
    set_default(actor=analyst, view=view)
    update_view(actor=analyst, instance=view, shared=False)
    assert [row.user for row in DefaultView.objects.all()] == [analyst]
