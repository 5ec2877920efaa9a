"""Saved views over the list: saving, opening, updating, defaults, and what is gone."""

import pytest

from openrisk.accounts.models import Role
from risks.models import Category, DefaultView, SavedView
from risks.services import rows
from risks.services.risks import create_risk
from risks.services.workspace.saved_views import create_view, set_default
from tests.conftest import member
from tests.texts import text_of

LIST = "/o/acme/risks/"
pytestmark = pytest.mark.django_db


def save(actor, organization, name="View", shared=True, **query):
    return create_view(
        actor=actor, organization=organization, name=name, query=query, shared=shared
    )


@pytest.fixture
def fire(organization, analyst):
    return create_risk(actor=analyst, organization=organization, title="Fire", owner=analyst)


def test_what_the_list_shows_is_saved_under_a_name(browse, analyst, risk, fire):
    client = browse(analyst)
    query = "owner=me&group=status&page_size=50&page=1"
    assert f"{LIST}views/new/?" in client.get(f"{LIST}?{query}").content.decode()
    response = client.post(f"{LIST}views/new/?{query}", {"name": "My risks", "shared": "on"})
    assert response.url == f"{LIST}?view=my-risks"
    view = SavedView.objects.get()
    assert view.query == {"owner": "me", "group": "status", "page_size": "50"}
    assert view.shared


def test_a_form_that_is_filled_again_saves_no_filter_of_that_name(browse, analyst):
    client = browse(analyst)
    assert "draft" not in client.get(f"{LIST}views/new/?open=true&draft=1").context["query"]
    client.post(f"{LIST}views/new/?open=true&draft=1", {"name": "Open"})
    assert SavedView.objects.get().query == {"open": "true"}


def test_form_sent_twice_saves_one_view(browse, analyst):
    client = browse(analyst)
    page = client.get(f"{LIST}views/new/?open=true").content.decode()
    form = page.split("views/new/?open=true")[-1]
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    for _ in range(2):
        client.post(f"{LIST}views/new/?open=true", {"name": "x", "csrfmiddlewaretoken": token})
    assert SavedView.objects.count() == 1


def test_shared_view_of_my_risks_shows_each_person_their_own(
    browse, analyst, manager, organization, risk, fire
):
    save(analyst, organization, "Mine", owner="me")
    create_risk(actor=None, organization=organization, title="Flood", owner=manager)
    address = f"{LIST}?view=mine"
    texts = [text_of(browse(user).get(address)) for user in (analyst, manager)]
    assert ["Fire" in text for text in texts] == [True, False]
    assert ["Flood" in text for text in texts] == [False, True]


def test_view_that_is_not_shared_has_no_address_for_others(browse, analyst, viewer, organization):
    save(analyst, organization, "Secret plan", shared=False, open="true")
    response = browse(viewer).get(f"{LIST}?view=secret-plan")
    assert response.status_code == 400
    assert "not shared with you" in text_of(response)
    assert "Secret plan" not in text_of(response)


def test_view_of_another_organization_does_not_exist(browse, analyst, outsider, organization):
    foreign = create_view(
        actor=outsider, organization=outsider.memberships.get().organization, name="F", query={}
    )
    client = browse(analyst)
    for page in ("edit", "update", "delete"):
        assert client.post(f"{LIST}views/{foreign.slug}/{page}/").status_code == 404
    assert client.get(f"{LIST}?view={foreign.slug}").status_code == 400


def test_changed_view_offers_to_be_updated(browse, analyst, organization, risk):
    view = save(analyst, organization, "Open ones", open="true")
    client = browse(analyst)
    assert "Save view" not in text_of(client.get(f"{LIST}?view=open-ones"))
    changed = "view=open-ones&open=true&group=status"
    assert "Save view" in text_of(client.get(f"{LIST}?{changed}"))
    path = f"{LIST}views/open-ones/update/?{changed}"
    assert client.post(path, {"version": view.version}).url == f"{LIST}?view=open-ones"
    view.refresh_from_db()
    assert view.query == {"open": "true", "group": "status"}


def test_stale_update_of_a_view_is_refused(browse, analyst, organization):
    view = save(analyst, organization, "Open ones", open="true")
    client = browse(analyst)
    response = client.post(f"{LIST}views/open-ones/update/?search=x", {"version": 7}, follow=True)
    assert "Someone else changed this" in text_of(response)
    view.refresh_from_db()
    assert view.query == {"open": "true"}


def test_removing_the_only_filter_of_a_view_does_not_bring_it_back(
    browse, analyst, organization, risk
):
    save(analyst, organization, "Drafts", status="draft")
    client = browse(analyst)
    page = client.get(f"{LIST}?view=drafts").content.decode()
    assert f'href="{LIST}?view=drafts&amp;ordering=-priority"' in page
    assert risk.title in text_of(client.get(f"{LIST}?view=drafts&ordering=-priority"))


def test_list_opens_with_the_default_of_the_person_before_that_of_all(
    browse, analyst, manager, viewer, organization, risk, fire
):
    set_default(
        actor=manager, view=save(manager, organization, "Fires", search="fire"), for_all=True
    )
    set_default(actor=analyst, view=save(analyst, organization, "Ransom", search="ransom"))
    texts = [text_of(browse(user).get(LIST)) for user in (viewer, analyst)]
    assert ["Ransomware" in text for text in texts] == [False, True]
    assert "Ransomware" in text_of(browse(viewer).get(f"{LIST}?view=all"))


def test_view_with_a_deleted_category_says_so(browse, analyst, organization, risk):
    category = rows.create(Category, actor=analyst, organization=organization, name="Gone soon")
    save(analyst, organization, "Category", category=str(category.pk))
    category.delete()
    text = text_of(browse(analyst).get(f"{LIST}?view=category"))
    assert "no longer there" in text
    assert "Remove that filter" in text


def test_view_is_edited_by_its_owner_and_by_managers(browse, analyst, manager, organization):
    save(analyst, organization, "Ours")
    other = member(Role.ANALYST, organization, "other")
    path = f"{LIST}views/ours/edit/"
    assert 'name="name"' not in browse(other).get(path).content.decode()
    browse(manager).post(path, {"name": "Theirs", "shared": "on", "version": 1})
    assert SavedView.objects.get().name == "Theirs"


def test_default_is_chosen_also_for_views_of_others(browse, viewer, analyst, organization):
    save(analyst, organization, "Ours")
    browse(viewer).post(f"{LIST}views/ours/edit/", {"own_default": "on", "version": 1})
    assert DefaultView.objects.get().user == viewer


def test_deleting_a_view_asks_first(browse, analyst, organization):
    save(analyst, organization, "Ours")
    client, path = browse(analyst), f"{LIST}views/ours/delete/"
    assert "Its address leads nowhere" in text_of(client.post(path, {"version": 1}))
    assert SavedView.objects.exists()
    assert client.post(path, {"version": 1, "confirmed": "yes"}).url == f"{LIST}?view=all"
    assert not SavedView.objects.exists()
