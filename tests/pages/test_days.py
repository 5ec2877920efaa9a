"""A day of an analyst, a risk manager and an administrator, from login to log out.

Each is done by mouse and again by keyboard alone, with no help of the API or the administration.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from risks.models import Acceptance, AcceptanceStatus, Comment, MitigationAction, Risk
from risks.services.acceptances import request_acceptance

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long enough password"
MOST_TABS = 200
# Counts what a person presses; `click()` of a script and the click of Enter in a field are none.
COUNT_CLICKS = """
addEventListener('click', event => {
  if (!event.isTrusted || event.detail === 0) return;
  sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true);
"""


@dataclass
class Mouse:
    """Presses what is pointed at."""

    tab: Any

    def press(self, element: Any) -> None:
        element.click()

    def write(self, element: Any, text: str) -> None:
        element.fill(text)

    def choose(self, element: Any, label: str) -> None:
        element.select_option(label=label)


@dataclass
class Keyboard:
    """Goes to everything by Tab, and presses Enter or Space there."""

    tab: Any

    def reach(self, element: Any) -> None:
        element.wait_for()
        for _ in range(MOST_TABS):
            if element.evaluate("e => e === document.activeElement"):
                return
            self.tab.keyboard.press("Tab")
        raise AssertionError(f"{element} cannot be reached by {MOST_TABS} tabs.")

    def press(self, element: Any) -> None:
        self.reach(element)
        is_box = element.evaluate("e => e.type === 'checkbox'")
        self.tab.keyboard.press("Space" if is_box else "Enter")

    def write(self, element: Any, text: str) -> None:
        self.reach(element)
        self.tab.keyboard.press("Control+A")
        self.tab.keyboard.insert_text(text)

    def choose(self, element: Any, label: str) -> None:
        self.reach(element)
        self.tab.keyboard.type(label)


@pytest.fixture(params=[Mouse, Keyboard], ids=["mouse", "keyboard"])
def hands(request):
    return request.param


@pytest.fixture
def log_in(open_page, hands):
    """`log_in(user)` logs in by the form; the tab, and the hands that use it."""

    def at_the_door(user):
        tab = open_page(user)
        tab.context.clear_cookies()
        tab.add_init_script(COUNT_CLICKS)
        hand = hands(tab)
        tab.goto("/login/")
        hand.write(tab.get_by_label("E-mail"), user.email)
        hand.write(tab.get_by_label("Password"), PASSWORD)
        hand.press(tab.get_by_role("button", name="Log in"))
        tab.wait_for_url("**/o/acme/")
        tab.evaluate("sessionStorage.clicks = 0")
        return tab, hand

    return at_the_door


def log_out(tab, hand):
    hand.press(tab.locator(".user-menu summary"))
    hand.press(tab.get_by_role("button", name="Log out"))
    tab.get_by_text("You are logged out.").wait_for()


def tab_of(tab, name):
    """A tab of the risk's page."""
    return tab.get_by_role("navigation", name="Parts of the risk").get_by_role("link", name=name)


def link(tab, name):
    return tab.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True)


def test_day_of_an_analyst(log_in, analyst, manager):
    tab, hand = log_in(analyst)

    # A risk with a mitigation and three actions.
    hand.press(link(tab, "Risks"))
    hand.press(tab.get_by_role("link", name="Add a risk").first)
    hand.write(tab.get_by_label("Title").first, "Backups cannot be restored")
    hand.choose(tab.get_by_label("Likelihood").first, "4 Likely")
    hand.choose(tab.get_by_label("Impact").first, "5 Severe")
    hand.press(tab.locator("summary", has_text="First mitigation"))
    plan = tab.locator("details", has=tab.locator("summary", has_text="First mitigation"))
    hand.write(plan.get_by_label("Mitigation"), "Test restoring")
    hand.write(plan.get_by_label("Actions"), "Choose a day\nRestore one server\nWrite it down")
    hand.press(tab.get_by_role("button", name="Save", exact=True).last)
    tab.get_by_role("status").filter(has_text="created").wait_for()
    risk = Risk.objects.get()
    assert (risk.current_score, MitigationAction.objects.count()) == (20, 3)
    if isinstance(hand, Mouse):
        assert int(tab.evaluate("sessionStorage.clicks")) <= 8

    # Tick an action, tell a colleague, ask to accept what remains.
    hand.press(tab_of(tab, "Treatment"))
    hand.press(tab.get_by_role("button", name="Done: Choose a day"))
    tab.get_by_role("status").filter(has_text="is done").wait_for()
    hand.press(tab.locator("summary", has_text="Request acceptance"))
    hand.write(tab.get_by_label("Justification"), "The next test is in a month.")
    until = (timezone.now() + timedelta(days=30)).date()
    tab.get_by_label("Accepted until").fill(until.isoformat())  # the picker is the browser's own
    hand.press(tab.get_by_role("button", name="Request acceptance"))
    tab.get_by_role("status").filter(has_text="requested").wait_for()
    hand.press(tab_of(tab, "Activity"))
    hand.write(tab.get_by_label("Comment").first, f"@{manager.email} the first step is done.")
    hand.press(tab.get_by_role("button", name="Add comment"))
    tab.get_by_text("the first step is done.").first.wait_for()
    assert Comment.objects.get().mentions.get().user == manager
    assert MitigationAction.objects.exclude(done_at=None).count() == 1
    assert Acceptance.objects.get().status == AcceptanceStatus.REQUESTED
    log_out(tab, hand)


def test_day_of_a_risk_manager(log_in, analyst, manager, register, organization):
    risk = Risk.objects.get(number=1)
    request_acceptance(
        actor=analyst,
        risk=risk,
        justification="It ends with the year.",
        expires_at=timezone.now() + timedelta(days=30),
    )
    tab, hand = log_in(manager)

    # Decide what waits.
    hand.press(link(tab, "My work"))
    hand.press(tab.get_by_role("link", name="Acceptances to decide").first)
    hand.press(tab.get_by_role("button", name="Approve"))
    hand.press(tab.get_by_role("button", name="Approve").last)
    tab.get_by_role("status").filter(has_text="ccept").wait_for()
    assert Acceptance.objects.get().status == AcceptanceStatus.APPROVED

    # Give two risks an owner, and take it back.
    hand.press(link(tab, "Risks"))
    hand.press(tab.get_by_role("checkbox", name="R-0002"))
    hand.press(tab.get_by_role("checkbox", name="R-0003"))
    hand.press(tab.get_by_role("button", name="Owner…"))
    hand.choose(tab.get_by_label("Owner", exact=True), str(analyst))
    hand.press(tab.get_by_role("button", name="Preview"))
    hand.press(tab.get_by_role("button", name="Set the owner of 2 risks"))
    tab.get_by_role("heading", name="Owner changed on 2 risks").wait_for()
    assert Risk.objects.filter(owner=analyst).count() == 2
    hand.press(tab.get_by_role("button", name="Undo").first)
    tab.get_by_role("heading", name="undone").or_(tab.get_by_text("Undone").first).first.wait_for()
    assert Risk.objects.filter(owner=analyst).count() == 0

    # Delete a risk by mistake, and restore it.
    hand.press(link(tab, "Risks"))
    hand.press(tab.get_by_role("link", name="Fire in the archive"))
    hand.press(tab.locator("summary", has_text="More").last)
    hand.press(tab.get_by_role("link", name="Delete…"))
    hand.press(tab.get_by_role("button", name="Delete").first)
    tab.get_by_role("status").filter(has_text="deleted").wait_for()
    assert Risk.objects.count() == 2
    hand.press(link(tab, "Deleted items"))
    hand.press(tab.get_by_role("button", name="Restore").first)
    tab.get_by_role("status").filter(has_text="restored").wait_for()
    assert Risk.objects.filter(title="Fire in the archive").count() == 1
    log_out(tab, hand)


def test_day_of_an_administrator(log_in, admin, organization):
    tab, hand = log_in(admin)

    # An empty organization is led by a checklist, and filled with sample data to look around in.
    hand.press(tab.get_by_role("button", name="Fill with sample data"))
    tab.get_by_role("status").filter(has_text="ample").wait_for()
    assert Risk.objects.filter(organization=organization).count() > 10
    tab.wait_for_load_state()  # the keys are a script's, which runs after the page is there

    # Look for something, and for something else.
    tab.keyboard.press("Control+K")
    tab.keyboard.insert_text("R-0001")
    tab.get_by_role("dialog").get_by_role("option").first.wait_for()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/risks/R-0001/")

    # Take the sample data away again, and work in the dark.
    hand.press(tab.locator(".user-menu summary"))
    hand.press(tab.get_by_role("button", name="Dark"))
    assert tab.locator("html").get_attribute("data-theme") == "dark"
    hand.press(link(tab, "Overview"))
    hand.press(tab.get_by_role("button", name="Remove").first)
    tab.wait_for_url("**/sample/remove/")
    hand.press(tab.get_by_role("button", name="Remove").first)
    tab.get_by_role("status").filter(has_text="emoved").wait_for()
    assert Risk.objects.filter(organization=organization).count() == 0
    log_out(tab, hand)
