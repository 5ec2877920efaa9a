"""ETags, versions, idempotency and strict bodies, on risks as on every resource."""

import pytest

from openrisk.api.models import IdempotencyRecord
from risks.models import Change, Risk

URL = "/api/v1/risks/"


@pytest.fixture
def client(api, manager):
    return api(manager)


@pytest.fixture
def made(client):
    return client.post(URL, {"title": "Theft of laptops"})


def test_created_row_tells_where_it_is_and_its_etag(client, made):
    again = client.get(made["Location"])
    assert made.status_code == 201
    assert again["ETag"] == made["ETag"]
    assert again.json() == made.json()


def test_unchanged_row_is_304_and_a_changed_one_is_not(client, made):
    url = made["Location"]
    assert client.get(url, HTTP_IF_NONE_MATCH=made["ETag"]).status_code == 304
    client.patch(url, {"title": "Theft"})
    assert client.get(url, HTTP_IF_NONE_MATCH=made["ETag"]).status_code == 200


@pytest.mark.parametrize("etag", ['"0.x"', '"nonsense"', '"99999999999999999999.x"'])
def test_stale_version_is_refused_and_nothing_is_written(client, made, etag):
    response = client.patch(made["Location"], {"title": "Lost"}, HTTP_IF_MATCH=etag)
    assert response.status_code == 412
    assert Risk.objects.get().title == "Theft of laptops"


def test_version_in_the_body_counts_as_if_match(client, made):
    assert client.patch(made["Location"], {"title": "A", "version": 1}).status_code == 200
    assert client.patch(made["Location"], {"title": "B", "version": 1}).status_code == 412


@pytest.mark.parametrize("version", ["one", 1.5, None, True, [1]])
def test_version_that_is_no_number_is_refused(client, made, version):
    """To ignore it would overwrite what the caller did not see."""
    response = client.patch(made["Location"], {"title": "Lost", "version": version})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"].startswith("/version")
    assert Risk.objects.get().title == "Theft of laptops"


def test_delete_with_a_stale_version_keeps_the_row(client, made):
    client.patch(made["Location"], {"title": "Changed"})
    response = client.delete(made["Location"], HTTP_IF_MATCH=made["ETag"])
    assert response.status_code == 412
    assert Risk.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"titel": "x"}, "/titel"),
        ({"priority": "5.00"}, "/priority"),
        ({"inherent_score": 25}, "/inherent_score"),
        ({"inherent_likelihood": 6}, "/inherent_likelihood"),
        ({"inherent_impact": 0}, "/inherent_impact"),
        ({"inherent_impact": "often"}, "/inherent_impact"),
        ({"title": ""}, "/title"),
        ({"title": "x" * 256}, "/title"),
        ({"title": "nul\x00"}, "/title"),
        ({"treatment": "hope"}, "/treatment"),
        ({"status": "closed"}, "/status"),
        ({"extra": ["x"]}, "/extra"),
        ({"tags": ["x" * 51]}, "/tags/0"),
        ({"tags": "x"}, "/tags"),
        ({"category": "not-an-id"}, "/category"),
        ({"owner": 5}, "/owner"),
        ({"assets": [None]}, "/assets/0"),
        ({"review_interval_days": 0}, "/review_interval_days"),
        ({"next_review_at": "soon"}, "/next_review_at"),
    ],
)
def test_bad_field_is_pointed_at_and_nothing_is_written(client, made, body, pointer):
    response = client.patch(made["Location"], body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert Risk.objects.get().version == 1


@pytest.mark.parametrize("body", ["{", "[1]", '"x"', "null", '{"title": "\ud800"}'])
def test_body_that_is_no_object_is_400(client, db, body):
    response = client.generic(
        "POST", URL, body.encode("utf-8", "surrogatepass"), content_type="application/json"
    )
    assert response.status_code == 400
    assert Risk.objects.count() == 0


def test_repeat_with_the_same_key_is_answered_from_the_first(client):
    first = client.post(URL, {"title": "Once"}, HTTP_IDEMPOTENCY_KEY="k1")
    second = client.post(URL, {"title": "Once"}, HTTP_IDEMPOTENCY_KEY="k1")
    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"
    assert Risk.objects.count() == 1


def test_key_with_another_body_is_422(client):
    client.post(URL, {"title": "Once"}, HTTP_IDEMPOTENCY_KEY="k1")
    response = client.post(URL, {"title": "Twice"}, HTTP_IDEMPOTENCY_KEY="k1")
    assert response.status_code == 422
    assert Risk.objects.count() == 1


def test_refused_request_may_be_corrected_under_the_same_key(client):
    assert client.post(URL, {"title": ""}, HTTP_IDEMPOTENCY_KEY="k1").status_code == 400
    assert IdempotencyRecord.objects.count() == 0
    assert client.post(URL, {"title": "Good"}, HTTP_IDEMPOTENCY_KEY="k1").status_code == 201


def test_keys_of_other_people_do_not_meet(client, api, analyst):
    client.post(URL, {"title": "Mine"}, HTTP_IDEMPOTENCY_KEY="k1")
    response = api(analyst).post(URL, {"title": "Theirs"}, HTTP_IDEMPOTENCY_KEY="k1")
    assert response.status_code == 201
    assert response.json()["title"] == "Theirs"


def test_request_id_goes_into_the_answer_and_the_history(client):
    response = client.post(URL, {"title": "Traced"}, HTTP_X_REQUEST_ID="trace-7")
    assert response["X-Request-ID"] == "trace-7"
    assert set(Change.objects.filter(model="risks.risk").values_list("request_id", flat=True)) == {
        "trace-7"
    }


def test_request_id_with_a_line_break_is_replaced(client):
    response = client.get(URL, HTTP_X_REQUEST_ID="a\r\nSet-Cookie: x=1")
    assert "Set-Cookie" not in response["X-Request-ID"]
    assert len(response["X-Request-ID"]) == 36


@pytest.mark.parametrize("version", ["x", 1, None, []])
def test_what_is_created_has_no_version_to_send(api, manager, version):
    response = api(manager).post("/api/v1/risks/", {"title": "New", "version": version})
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == ["/version"]
