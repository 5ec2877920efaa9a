"""The search as a page, and the options of its dialog."""

import pytest

from tests.risks.factories import make_risk


@pytest.fixture
def search(browse, analyst, organization):
    def get(page="", **query):
        response = browse(analyst).get(f"/o/acme/search/{page}", query)
        assert response.status_code == 200
        return response.content.decode()

    return get


def test_results_are_links_in_groups(search, organization):
    make_risk(organization, title="Fire in the <b>archive</b>")
    page = search(q="fire")
    assert '<a class="search-hit" href="/o/acme/risks/R-0001/">' in page
    assert "Fire in the &lt;b&gt;archive" in page


def test_nothing_found_says_what_to_do(search):
    page = search(q="<zzz>")
    assert 'Nothing found for <b dir="auto">&lt;zzz&gt;</b>' in page
    assert "Try fewer or shorter words" in page


def test_more_of_a_kind_are_on_a_page_of_their_own(search, organization):
    for number in range(7):
        make_risk(organization, title=f"AI {number}")
    assert "/o/acme/search/?q=ai&amp;kind=risks" in search(q="ai")
    assert search(q="ai", kind="risks").count("search-hit") == 8  # and the list of them
    assert search(q="ai", kind="moon").count("search-hit") == search(q="ai").count("search-hit")


def test_without_words_the_actions_are_offered(search):
    for page in (search(), search("results/")):
        assert "New risk" in page
        assert "Nothing found for" not in page


def test_logging_out_takes_a_form(search):
    assert '<form method="post" action="/logout/">' in search(q="log out")
    assert 'formaction="/logout/"' in search("results/", q="log out")


def test_options_have_ids_and_the_rest_is_offered(search, organization):
    for number in range(7):
        make_risk(organization, title=f"Fire {number}")
    options = search("results/", q="fire")
    assert 'id="search-risks-5"' in options
    assert 'id="search-risks-all" href="/o/acme/risks/?search=fire">All 7 risks</a>' in options


@pytest.mark.parametrize("text", ["x" * 300, "%", "_", "'\"", "\u202eabc", "حريق"])
def test_any_text_is_answered(search, text):
    assert "Nothing found for" in search(q=text)
    assert "Nothing found for" in search("results/", q=text)


def test_others_get_no_results(browse, outsider, organization):
    make_risk(organization, title="Fire")
    assert browse(outsider).get("/o/acme/search/results/", {"q": "fire"}).status_code == 404


def test_few_queries(browse, analyst, organization, django_assert_max_num_queries):
    make_risk(organization, title="Fire")
    client = browse(analyst)
    with django_assert_max_num_queries(12):
        client.get("/o/acme/search/results/", {"q": "fire"})
