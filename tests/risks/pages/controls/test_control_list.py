"""The list of controls: a tree by framework and section, filtered."""

import pytest

from risks.models import BulkChange, Control
from risks.pages.controls.listing import read_slice
from tests.risks.factories import make_control, make_framework
from tests.texts import text_of

LIST = "/o/acme/controls/"


def test_tree_has_sections_with_progress_and_controls_in_natural_order(
    browse, viewer, framework, bare, covered
):
    make_control(framework, "A.5", title="Organizational controls", status="not_applicable")
    text = text_of(browse(viewer).get(LIST))
    assert "A.5 Organizational controls 50 % 50 % 1 of 2" in text
    assert text.index("A.5.9 Inventory") < text.index("A.5.10 Acceptable use")
    assert "1 expired" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("status=implemented", [True, False]),
        ("evidence=none", [False, True]),
        ("evidence=expired", [True, False]),
        ("has_risks=false", [False, True]),
        ("owner__isnull=true", [False, True]),
        ("search=acceptable", [False, True]),
        ("section=A.5", [True, True]),
    ],
)
def test_list_is_filtered(browse, viewer, bare, covered, query, shown):
    response = browse(viewer).get(f"{LIST}?{query}")
    text = text_of(response)
    assert response.status_code == 200
    assert "Remove all" in text
    assert [title in text for title in ("Inventory", "Acceptable use")] == shown


@pytest.mark.parametrize("query", ["owner=someone", "page=7", "colour=red", "evidence=much"])
def test_what_cannot_be_used_is_said(browse, viewer, bare, query):
    response = browse(viewer).get(f"{LIST}?{query}")
    assert response.status_code == 400
    assert "Remove the filters" in text_of(response)


def test_a_framework_is_shown_alone_for_managers_to_edit(browse, manager, framework, bare):
    other = make_framework(framework.organization, "Own rules")
    make_control(other, "X-1", title="Other things")
    page = browse(manager).get(f"{LIST}?framework={framework.pk}")
    assert "Other things" not in text_of(page)
    assert f"/o/acme/controls/frameworks/{framework.pk}/edit/" in page.content.decode()


def test_controls_of_other_organizations_are_not_listed(browse, viewer, bare, other_organization):
    foreign = make_control(make_framework(other_organization, "Secret rules"), title="Foreign")
    client = browse(viewer)
    for query in ("", f"?framework={foreign.framework_id}"):
        text = text_of(client.get(LIST + query))
        assert "Foreign" not in text
        assert "Secret rules" not in text


def test_list_stays_within_its_queries(
    browse, viewer, covered, bare, django_assert_max_num_queries
):
    client = browse(viewer)
    with django_assert_max_num_queries(12):
        client.get(LIST)


def test_selected_controls_are_changed_after_a_preview(browse, analyst, covered, bare):
    client = browse(analyst)
    body = {"kind": "status", "control": [str(bare.pk)]}
    assert "Set the status of 1 control" in text_of(client.post(f"{LIST}bulk/", body))
    body = {"references": str(bare.pk), "value": "in_progress", "comment": "Begun"}
    preview = client.post(f"{LIST}bulk/?kind=status", body)
    assert "Acceptable use Not implemented In progress" in text_of(client.get(preview["Location"]))
    digest = BulkChange.objects.get().digest
    done = client.post(f"{preview['Location']}apply/", {"digest": digest}, follow=True)
    assert "Status changed on 1 control." in text_of(done)
    bare.refresh_from_db()
    assert bare.status == "in_progress"


def test_all_that_match_are_selected(browse, analyst, covered, bare):
    client = browse(analyst)
    body = {"kind": "status", "all": "yes", "query": "evidence=none"}
    assert "Set the status of 1 control" in text_of(client.post(f"{LIST}bulk/", body))


@pytest.mark.parametrize("start", [0, 2, 4])
def test_a_page_is_the_same_from_either_end(framework, start):
    for number in range(5):
        make_control(framework, f"A.5.{number}")
    ordered = Control.objects.order_by("sort_key", "id")
    assert read_slice(ordered, start, 2, 5) == list(ordered)[start : start + 2]


def test_what_was_selected_is_not_when_a_filter_is_removed(browse, analyst, bare):
    page = browse(analyst).get(f"{LIST}?status={bare.status}&select=all").content.decode()
    chips = page.split("filter-chips")[1].split("</ul>")[0]
    assert "data-selects-all" in page
    assert "select=all" not in chips
