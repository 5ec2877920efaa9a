"""The matrix in the settings, as people change it through Django's client."""

import re

import pytest

from risks.models import Matrix
from risks.scoring import default_levels
from risks.services import rows
from risks.services.matrix import matrix_of
from tests.risks.factories import make_category, make_risk

PAGE = "/o/acme/settings/matrix/"


def fields_of(response):
    """What the page's form would send: inputs, and the selected options of selects."""
    page = response.content.decode()
    form = page[page.index("data-matrix-editor") :]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            fields[name[1]] = value[1] if value else "on"
    for name, options in re.findall(r'<select name="([^"]+)"(.*?)</select>', form, re.DOTALL):
        fields[name] = re.search(r'value="([^"]*)" selected', options)[1]
    return fields


@pytest.fixture
def risk(organization):
    matrix_of(organization)
    category = make_category(organization)
    rows.update(actor=None, instance=category, appetite=12)
    return make_risk(
        organization,
        category=category,
        inherent_likelihood=5,
        inherent_impact=5,
        status="identified",
    )


def post(client, response, address=PAGE, **changes):
    return client.post(address, fields_of(response) | changes)


def test_manager_reads_values_and_changes_nothing(
    browse, manager, risk, django_assert_max_num_queries
):
    client = browse(manager)
    with django_assert_max_num_queries(12):
        page = client.get(PAGE).content.decode()
    assert page.count('<td class="level-') == 25
    assert "Almost certain" in page
    assert client.post(PAGE, {"step": "save"}).status_code == 403


def test_painted_levels_are_previewed_then_saved(browse, admin, risk):
    client = browse(admin)
    levels = {f"level_{row}_{column}": "high" for row in (4, 5) for column in (4, 5)}
    preview = post(client, client.get(PAGE), **levels, step="preview")
    text = preview.content.decode()
    assert "1 risk changes its level." in text
    assert risk.reference in text
    assert Matrix.objects.get().levels == default_levels()
    saved = client.post(PAGE, {**fields_of(preview), "step": "save"}, follow=True)
    assert "1 risk changed its level" in saved.content.decode()
    risk.refresh_from_db()
    assert risk.current_level == "high"


def test_what_was_not_previewed_is_previewed_first(browse, admin, risk):
    client = browse(admin)
    preview = post(client, client.get(PAGE), likelihood_1="Never", step="preview")
    response = post(client, preview, likelihood_1="Hardly", step="save")
    assert response.status_code == 200
    assert Matrix.objects.get().likelihood_labels[0] == "Rare"


def test_smaller_matrix_proposes_what_ratings_become(browse, admin, risk):
    client = browse(admin)
    address = f"{PAGE}?likelihoods=4&impacts=6&layout=balanced"
    page = client.get(address)
    assert fields_of(page)["map_likelihood_5"] == "4"
    preview = post(client, page, address, map_likelihood_4="4", step="preview")
    assert "Categories with risks above appetite: 1 now, 1 then" in preview.content.decode()
    assert client.post(address, {**fields_of(preview), "step": "save"}).status_code == 302
    risk.refresh_from_db()
    assert (risk.inherent_likelihood, risk.inherent_impact) == (4, 6)
    undone = client.post(
        f"{PAGE}undo/",
        {"change": fields_of_undo(client.get(PAGE)), "confirmed": "yes"},
        follow=True,
    )
    assert "The last change of the matrix is undone." in undone.content.decode()
    risk.refresh_from_db()
    assert risk.inherent_impact == 5


def fields_of_undo(response):
    return re.search(r'name="change" value="(\d+)"', response.content.decode())[1]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"level_5_5": "low"}, "It does at 5 x 5"),
        ({"impact_1": "Severe"}, "Two labels are the same"),
        ({"colour_low": "red"}, "Write the colour as #rrggbb"),
        ({"impact_1": ""}, "This field is required"),
        ({"version": "99"}, "Someone else changed this"),
    ],
)
def test_wrong_matrix_is_refused_and_kept(browse, admin, risk, changes, problem):
    client = browse(admin)
    response = post(client, client.get(PAGE), likelihood_1="Hardly", **changes, step="preview")
    assert response.status_code in (400, 412)
    assert problem in response.content.decode()
    assert fields_of(response)["likelihood_1"] == "Hardly"


def test_colours_are_judged(browse, admin, risk, django_assert_max_num_queries):
    client = browse(admin)
    with django_assert_max_num_queries(12):
        page = client.get(PAGE).content.decode()
    assert "black text, contrast 15.0 to 1 (enough: AA asks for 4.5)" in " ".join(page.split())
    response = post(client, client.get(PAGE), colour_high="#ffe18a", step="preview")
    assert "Medium and High look alike" in response.content.decode()


def test_undo_asks_first(browse, admin, risk):
    client = browse(admin)
    response = client.post(f"{PAGE}undo/", {"change": "1"})
    assert "Undo the last change of the matrix?" in response.content.decode()
