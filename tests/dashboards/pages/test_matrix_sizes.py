"""An oblong matrix on the pages, in documents and in lists."""

import pytest

from dashboards.models import Board
from risks.scoring import default_levels
from risks.services.matrix import matrix_of, update_matrix
from tests.risks.factories import make_risk


@pytest.fixture
def oblong(organization):
    """Four likelihoods and six impacts, with a risk in the highest cell."""
    organization.matrix = update_matrix(
        actor=None,
        instance=matrix_of(organization),
        levels=default_levels(4, 6),
        likelihood_labels=["Low", "Medium", "High", "Extreme"],
        impact_labels=["a", "b", "c", "d", "e", "Ruin"],
    )
    make_risk(organization, inherent_likelihood=4, inherent_impact=6)
    return organization


def test_heat_map_has_a_cell_for_each_rating(browse, analyst, oblong):
    page = browse(analyst).get("/o/acme/").content.decode()
    assert page.count('<td headers="') == 24
    assert 'colspan="6"' in page


def test_forms_and_filters_offer_the_ratings_of_the_matrix(browse, analyst, oblong):
    client = browse(analyst)
    form = client.get("/o/acme/risks/new/").content.decode()
    assert 'value="6">6 Ruin' in form
    assert 'data-likelihood="5"' not in form
    offered = client.get("/o/acme/risks/filters/inherent_likelihood/").content.decode()
    assert "inherent_likelihood=4" in offered or 'value="4"' in offered
    assert "inherent_likelihood=5" not in offered


def test_documents_draw_it(browse, analyst, oblong):
    Board.objects.create(
        organization=oblong, owner=analyst, name="B", slug="b", widgets=[{"name": "matrix:current"}]
    )
    client = browse(analyst)
    for address in ("/o/acme/dashboards/executive.pdf", "/o/acme/dashboards/b.pdf"):
        response = client.get(address)
        assert response.status_code == 200, address
        assert b"".join(response).startswith(b"%PDF")


def test_past_ratings_outside_of_the_matrix_are_counted(api, analyst, oblong):
    answer = api(analyst).get("/api/v1/dashboards/matrix/").json()
    assert (answer["open"], answer["outside"], len(answer["cells"])) == (1, 0, 24)
