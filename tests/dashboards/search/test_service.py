"""The search over everything: what is found, in which order, and what is not shown to whom."""

import pytest
from django.utils import timezone

from dashboards.boards.editing import create_board
from dashboards.models import Board
from dashboards.search import ranking
from dashboards.search.service import search_everything, search_rows
from openrisk.accounts.members.memberships import membership_of
from risks.models import Risk
from risks.services.workspace.saved_views import create_view
from tests.risks.factories import (
    make_asset,
    make_control,
    make_finding,
    make_framework,
    make_mitigation,
    make_risk,
)


@pytest.fixture
def member(organization, analyst):
    return membership_of(analyst, organization)


def titles(member, text, kind="risks"):
    groups = {group.kind: group for group in search_everything(member, text).groups}
    return [hit.title for hit in groups[kind].hits] if kind in groups else []


def test_every_kind_of_row_is_found(organization, member):
    risk = make_risk(organization, title="Zebra risk")
    make_mitigation(risk, title="Zebra plan")
    make_asset(organization, name="Zebra server")
    make_control(make_framework(organization), identifier="Z-1", title="Zebra control")
    make_finding(organization, title="Zebra finding")
    create_board(member, "Zebra board")
    create_view(actor=member.user, organization=organization, name="Zebra view", query={})
    kinds = {group.kind: group.total for group in search_rows(member, "zebra").groups}
    assert kinds == dict.fromkeys(
        ("risks", "mitigations", "assets", "controls", "findings", "boards", "views"), 1
    )


def test_people_are_found_by_name_and_address(member, manager):
    manager.name = "Ada Zebra"
    manager.save()
    assert titles(member, "zebra", "people") == ["Ada Zebra"]
    assert titles(member, manager.email, "people") == ["Ada Zebra"]


def test_other_organizations_are_not_searched(other_organization, member):
    risk = make_risk(other_organization, title="Zebra")
    make_mitigation(risk, title="Zebra")
    make_finding(other_organization, title="Zebra", asset=make_asset(other_organization))
    assert search_rows(member, "zebra").groups == []
    assert search_rows(member, "R-0001").groups == []


def test_boards_and_views_of_others_are_found_once_shared(organization, member, manager):
    board = create_board(membership_of(manager, organization), "Zebra board")
    create_view(actor=manager, organization=organization, name="Zebra", query={}, shared=True)
    assert titles(member, "zebra", "boards") == []
    Board.objects.filter(pk=board.pk).update(shared=True)
    assert titles(member, "zebra", "boards") == ["Zebra board"]
    assert titles(member, "zebra", "views") == ["Zebra"]


def test_the_best_title_goes_first(organization, member):
    for title, description in (
        ("Storm", "After the fire"),
        ("The bonfire", ""),
        ("A warehouse on fire", ""),
        ("Fire in a warehouse", ""),
        ("Fire", ""),
    ):
        make_risk(organization, title=title, description=description)
    assert titles(member, "fire") == [
        "Fire",
        "Fire in a warehouse",
        "A warehouse on fire",
        "The bonfire",
        "Storm",
    ]


def test_a_reference_goes_before_words(organization, member):
    first = make_risk(organization, title="Theft")
    make_risk(organization, title="1 fire")
    for text in ("R-0001", "r1", "1"):
        assert titles(member, text)[0] == first.title


def test_my_recent_rows_go_before_those_of_others(organization, member):
    make_risk(organization, title="Fire at mine", owner=member.user)
    make_risk(organization, title="Fire at theirs")
    assert titles(member, "fire") == ["Fire at mine", "Fire at theirs"]


def test_old_rows_of_mine_have_no_advantage(organization, member):
    mine = make_risk(organization, title="Fire at mine", owner=member.user)
    make_risk(organization, title="Fire at theirs")
    Risk.objects.filter(pk=mine.pk).update(updated_at=timezone.now() - 2 * ranking.RECENTLY)
    assert titles(member, "fire") == ["Fire at theirs", "Fire at mine"]


def test_more_than_five_are_counted(organization, member):
    for number in range(7):
        make_risk(organization, title=f"Fire {number}")
    [group] = search_rows(member, "fire").groups
    assert (len(group.hits), group.total, group.is_complete) == (5, 7, False)
    assert group.url == f"/o/{organization.slug}/risks/?search=fire"


def test_an_exact_title_is_found_among_more_than_are_compared(organization, member, monkeypatch):
    monkeypatch.setattr(ranking, "MOST_COUNTED", 2)
    for number in range(4):
        make_risk(organization, title=f"A fire {number}")
    make_risk(organization, title="Fire")
    [group] = search_rows(member, "fire").groups
    assert group.hits[0].title == "Fire"
    assert group.total_text == "2+"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("火災", ["機房火災"]),
        ("災", ["機房火災"]),
        ("%", ["100 % loss_of 'data'"]),
        ("s_o", ["100 % loss_of 'data'"]),
        ("'data'", ["100 % loss_of 'data'"]),
        ("حريق", ["حريق في المستودع"]),
        ("zz", []),
        ('"', []),
        ("\0", []),
        ("x" * 300, []),
    ],
)
def test_short_words_signs_and_scripts(organization, member, text, found):
    for title in ("機房火災", "100 % loss_of 'data'", "حريق في المستودع"):
        make_risk(organization, title=title)
    assert titles(member, text) == found


def test_kinds_that_are_named_go_first(organization, member):
    make_risk(organization, title="Loss of the mail server")
    make_asset(organization, name="Mail server")
    assert [group.kind for group in search_rows(member, "mail").groups] == ["assets", "risks"]


def test_few_queries_find_all(organization, member, django_assert_max_num_queries):
    make_risk(organization, title="Fire")
    with django_assert_max_num_queries(9):
        search_rows(member, "fire")


# --- Pages and actions --------------------------------------------------------------------------
def test_actions_are_those_of_the_role(organization, member, viewer, manager):
    def actions(user):
        result = search_everything(membership_of(user, organization), "")
        return {hit.title for group in result.groups for hit in group.hits}

    assert "New risk" not in actions(viewer)
    assert "New risk" in actions(member.user)
    assert "Import a register" in actions(member.user)
    assert "Import a register" not in actions(viewer)


def test_pages_are_found_by_their_names(member, organization, manager):
    assert titles(member, "board", "pages") == ["Boards"]
    assert titles(member, "frameworks", "pages") == []
    assert titles(membership_of(manager, organization), "frameworks", "pages") == ["Frameworks"]
