"""The editor of the matrix in headless Chromium: painted by mouse and by keyboard; axe is run."""

import pytest

from risks.models import Matrix
from tests.pages.test_browser import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_matrix_is_painted_by_mouse_and_keyboard(open_page, admin, register):
    tab = open_page(admin, viewport={"width": 1280, "height": 900})
    tab.goto("/o/acme/settings/matrix/")
    tab.get_by_role("radio", name="Critical").click()
    tab.get_by_role("button", name="Likelihood 4, impact 4: High").click()
    cell = tab.get_by_role("button", name="Likelihood 4, impact 4: Critical")
    cell.press("ArrowUp")
    tab.keyboard.press("4")
    tab.get_by_text("It does at the marked cells: 4 x 5").wait_for(state="detached")
    tab.get_by_role("button", name="Preview", exact=True).click()
    tab.get_by_role("button", name="Save the matrix").wait_for()
    assert faults_of(tab) == []
    tab.get_by_role("button", name="Save the matrix").click()
    tab.get_by_text("The matrix is saved.").wait_for()
    levels = Matrix.objects.get().levels
    assert (levels[3][3], levels[4][3]) == ("critical", "critical")
