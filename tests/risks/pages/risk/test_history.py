"""The activity on the page of a risk: comments and changes together, in pages."""

from datetime import UTC, datetime, timedelta

import pytest

from risks.history import recorded
from risks.history.comments import record_comment
from risks.pages.risk.history import PAGE_SIZE, Cursor
from risks.services.risks import create_risk, update_risk
from risks.services.rows import lock_for_update, update
from tests.risks.factories import make_comment
from tests.texts import text_of

PAGE = "/o/acme/risks/R-0001/"
ACTIVITY = f"{PAGE}?tab=activity"
BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)


def at(minutes, actor=None):
    return recorded(actor=actor, at=BEGIN + timedelta(minutes=minutes))


@pytest.fixture
def busy_risk(organization, analyst):
    """A risk with a comment and a change each minute in turns, 120 of them."""
    with at(0):
        risk = create_risk(actor=None, organization=organization, title="Busy")
    for minute in range(1, 121):
        with at(minute, analyst):
            if minute % 2:
                make_comment(risk, analyst, f"Comment {minute}.")
            else:
                update(actor=analyst, instance=risk, title=f"Title {minute}.")
    return risk


def walk(client, show):
    """The times of all items, page after page."""
    address, times = f"{ACTIVITY}&show={show}", []
    while address:
        activity = client.get(address).context["activity"]
        times += [item.at for item in activity.items]
        address = activity.older_url
    return times


@pytest.mark.parametrize(("show", "number"), [("all", 121), ("comments", 60), ("changes", 61)])
def test_pages_have_everything_once_and_the_latest_first(browse, analyst, busy_risk, show, number):
    times = walk(browse(analyst), show)
    assert times == sorted(set(times), reverse=True)
    assert len(times) == number


def test_page_is_bounded(browse, analyst, busy_risk):
    activity = browse(analyst).get(ACTIVITY).context["activity"]
    assert len(activity.items) == PAGE_SIZE
    assert [tab.count for tab in activity.tabs] == [None, 60, None]


def test_old_comments_are_shown_among_the_comments(browse, analyst, risk):
    with recorded(actor=analyst):
        record_comment(lock_for_update(risk), "From the history")
    client = browse(analyst)
    for show, is_shown in (("all", True), ("comments", True), ("changes", False)):
        text = text_of(client.get(PAGE, {"tab": "activity", "show": show}))
        assert ("From the history" in text) == is_shown


def test_entry_says_who_did_what_in_words(browse, analyst, risk):
    update_risk(actor=analyst, instance=risk, treatment="avoid", comment="Too expensive")
    text = text_of(browse(analyst).get(ACTIVITY))
    assert f"{analyst.email} set treatment to Avoid" in text
    assert "Too expensive" in text


@pytest.mark.parametrize("before", ["", "x", "1.2", "9" * 40, "1.x.y", ".1." + "0" * 32, "-5."])
def test_nonsense_in_the_address_is_the_beginning(browse, analyst, risk, before):
    response = browse(analyst).get(PAGE, {"tab": "activity", "before": before, "show": "nothing"})
    assert response.status_code == 200


def test_cursor_reads_what_it_wrote(risk):
    for cursor in (Cursor(7), Cursor(0, (BEGIN, risk.pk)), Cursor(None, (BEGIN, risk.pk))):
        assert Cursor.parse(str(cursor)) == cursor
