"""Comments and watches, through the API."""

import pytest

from tests.risks.factories import make_comment, make_mitigation, make_risk

pytestmark = pytest.mark.django_db
URL = "/api/v1/comments/"


@pytest.fixture
def risk(organization):
    return make_risk(organization)


@pytest.fixture
def posted(api, analyst, risk, manager):
    body = {"risk": str(risk.pk), "text": f"Ask @{manager.email}"}
    return api(analyst).post(URL, body).json()


def test_comment_is_posted_with_its_mentions(posted, analyst, manager, risk):
    assert (posted["author"], posted["author_name"]) == (str(analyst.pk), analyst.email)
    assert posted["risk_reference"] == risk.reference
    assert posted["mentions"] == [
        {"user": str(manager.pk), "name": manager.email, "written": manager.email}
    ]


def test_viewers_read_and_do_not_write(api, viewer, posted):
    client = api(viewer)
    assert client.get(f"{URL}{posted['id']}/").json() == posted
    assert client.post(URL, {"risk": posted["risk"], "text": "Me too"}).status_code == 403


def test_list_is_filtered(api, analyst, manager, posted, risk):
    on_plan = make_comment(make_mitigation(risk), manager)
    mine = {"author": "me", "mitigation__isnull": "true", "risk": str(risk.pk)}

    def ids(user, **query):
        return [row["id"] for row in api(user).get(URL, query).json()["results"]]

    assert ids(analyst) == [str(on_plan.pk), posted["id"]]
    assert ids(analyst, **mine) == ids(manager, mentioned="me") == [posted["id"]]
    assert ids(analyst, mentioned="me") == []
    assert ids(analyst, mitigation=str(on_plan.mitigation_id)) == [str(on_plan.pk)]


@pytest.mark.parametrize("query", [{"mentioned": "you"}, {"written": "x"}])
def test_unknown_filters_are_refused(api, analyst, posted, query):
    assert api(analyst).get(URL, query).status_code == 400


def test_edit_needs_the_author_and_the_version(api, analyst, manager, posted):
    path = f"{URL}{posted['id']}/"
    assert api(manager).patch(path, {"text": "Mine"}).status_code == 403
    assert api(analyst).patch(path, {"text": "Late", "version": 9}).status_code == 412
    edited = api(analyst).patch(path, {"text": "Clearer", "version": 1}).json()
    assert (edited["text"], edited["mentions"], edited["version"]) == ("Clearer", [], 2)


def test_an_edit_of_nothing_changes_nothing(api, analyst, manager, posted):
    path = f"{URL}{posted['id']}/"
    assert api(analyst).patch(path, {}).json() == posted
    assert api(manager).patch(path, {}).status_code == 403


def test_comment_stays_where_it_is(api, analyst, posted, organization):
    other = {"risk": str(make_risk(organization).pk)}
    assert api(analyst).patch(f"{URL}{posted['id']}/", other).status_code == 400


def test_deleted_comment_stays_without_its_text(api, analyst, manager, posted):
    path = f"{URL}{posted['id']}/"
    assert api(manager).delete(path).status_code == 204
    left = api(analyst).get(path).json()
    assert (left["text"], left["deleted_by"], left["mentions"]) == ("", str(manager.pk), [])


def test_watch_is_begun_and_ended_by_oneself(api, viewer, analyst, risk):
    watch = api(viewer).post("/api/v1/watches/", {"risk": str(risk.pk)}).json()
    path = f"/api/v1/watches/{watch['id']}/"
    assert (watch["user"], watch["risk_reference"]) == (str(viewer.pk), risk.reference)
    assert api(analyst).delete(path).status_code == 403
    assert api(viewer).delete(path).status_code == 204


def test_lists_of_what_someone_watches(api, viewer, analyst, risk, organization):
    make_risk(organization)
    api(viewer).post("/api/v1/watches/", {"risk": str(risk.pk)})
    watched = api(analyst).get("/api/v1/risks/", {"watched_by": str(viewer.pk)}).json()
    assert [row["reference"] for row in watched["results"]] == [risk.reference]
    assert api(viewer).get("/api/v1/watches/", {"user": "me"}).json()["count"] == 1
    assert api(analyst).get("/api/v1/watches/", {"user": "me"}).json()["count"] == 0
