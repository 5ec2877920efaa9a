"""Sample data by the API."""

import pytest

from risks.models import Risk
from tests.risks.factories import make_risk

URL = "/api/v1/sample-data/"


def test_it_is_filled_in_once_and_removed(api, manager, organization):
    client = api(manager)
    assert client.get(URL).json() == {"present": False, "can_fill": True}
    assert client.post(URL).status_code == 201
    assert client.post(URL).status_code == 200
    assert client.get(URL).json() == {"present": True, "can_fill": False}
    answer = client.delete(URL).json()
    assert answer["removed"]["risks"] == 22
    assert not Risk.objects.exists()


@pytest.mark.parametrize("method", ["post", "delete"])
def test_it_is_for_managers(api, analyst, organization, method):
    assert getattr(api(analyst), method)(URL).status_code == 403
    assert api(analyst).get(URL).status_code == 200


def test_a_register_in_use_is_refused(api, manager, organization):
    make_risk(organization)
    response = api(manager).post(URL)
    assert response.status_code == 409
    assert "empty register" in response.json()["detail"]
