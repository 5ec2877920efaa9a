"""What a browser refuses by the Content-Security-Policy: nothing, on any page of admin and docs."""

import pytest
from django.urls import reverse

from openrisk.admin.site import site
from tests.risks.factories import make_risk

COLLECT = """addEventListener('securitypolicyviolation', event => console.error(
    'REFUSED', event.effectiveDirective, event.blockedURI, event.sample))"""

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tab(open_page, superuser, organization):
    """A page of a superuser; `tab.refused` is what the browser did not run, load or show."""
    page = open_page(superuser)
    page.refused = []
    page.add_init_script(COLLECT)

    def note(said):
        if said.text.startswith("REFUSED"):
            page.refused.append(said.text)

    page.on("console", note)
    return page


def test_no_page_of_the_admin_is_refused_anything(tab, rf, superuser, organization):
    make_risk(organization)
    request = rf.get("/admin/")
    request.user = superuser
    paths = ["/admin/"]
    for model, model_admin in site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths.append(reverse(f"{name}_changelist"))
        if model_admin.has_add_permission(request):
            paths.append(reverse(f"{name}_add"))
        if row := model._default_manager.first():
            paths.append(reverse(f"{name}_change", args=[row.pk]))
    assert len(paths) > 30
    refused = {}
    for path in paths:
        tab.goto(path)
        if tab.refused:
            refused[path] = list(tab.refused)
            tab.refused.clear()
    assert refused == {}


def test_what_alpine_does_in_the_admin_still_works(tab, organization):
    risk = make_risk(organization)
    tab.goto(reverse("admin:risks_risk_change", args=[risk.pk]))
    assert tab.evaluate("typeof Alpine") == "object"
    is_hidden = "() => !document.querySelector('[x-cloak]')"
    tab.wait_for_function(is_hidden)  # Alpine has evaluated the page's expressions
    assert tab.evaluate("window.getComputedStyle(document.body).visibility") == "visible"
    assert tab.refused == []


def test_the_documentation_of_the_api_is_shown_with_the_strict_policy(tab):
    answer = tab.goto("/api/docs/")
    assert "unsafe" not in answer.headers["content-security-policy"]
    tab.locator(".opblock").first.wait_for()
    tab.locator(".opblock-summary-control").first.click()
    tab.locator(".opblock-body").first.wait_for()
    assert tab.refused == []


def test_a_script_within_a_page_of_the_admin_is_refused(tab):
    tab.goto("/admin/")
    tab.evaluate(
        """() => { const script = document.createElement('script');
        script.textContent = 'window.injected = true'; document.body.append(script); }"""
    )
    assert tab.evaluate("window.injected") is None
    assert any("script-src-elem" in text for text in tab.refused)
