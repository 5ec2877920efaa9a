"""Headers of every route: over TLS it stays there, and nobody but the browser keeps answers."""

import re
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from openrisk.api.middleware.privacy_headers import PrivacyHeadersMiddleware

pytestmark = pytest.mark.once  # no database changes a header
YEAR = 31_536_000
EXPORTS = (
    "/api/v1/risks/export/?file_format=csv",
    "/api/v1/risks/export/?file_format=xlsx",
    "/api/v1/dashboards/stats/export/?file_format=csv",
    "/api/v1/dashboards/stats/export/?file_format=xlsx",
)
PUBLIC = ("/api/schema/", "/static/")  # the same for everybody


def walk(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield "/" + route


def filled(route):
    """With something for each parameter; a 404 has headers as well."""
    route = re.sub(r"<(?:\w+:)?organization>", "acme", route)
    route = re.sub(r"<(?:uuid:)\w+>", str(UUID(int=7)), route)
    route = re.sub(r"<(?:int:)\w+>", "7", route)
    return re.sub(r"<[^>]*>|\(\?P<[^)]*\)|\\Z|\\", "x", route)


ROUTES = sorted({filled(route) for route in walk(get_resolver().url_patterns)})


@pytest.fixture
def browser(organization, admin):
    admin.is_superuser = True
    admin.save()
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    return client


@pytest.mark.django_db
def test_every_route_says_who_may_keep_its_answer(browser):
    assert len(ROUTES) > 150
    faults = []
    for route in ROUTES:
        response = browser.get(route)
        vary = response.get("Vary", "")
        kept = response.get("Cache-Control", "")
        if not kept or "Permissions-Policy" not in response:
            faults.append((route, response.status_code, kept))
        elif not route.startswith(PUBLIC):
            is_private = "private" in kept and "Cookie" in vary and "Authorization" in vary
            if not (is_private or "no-store" in kept):
                faults.append((route, response.status_code, kept, vary))
    assert faults == []


@pytest.mark.django_db
def test_every_route_is_bound_to_tls_where_it_came_over_tls(browser):
    for route in ("/", "/api/v1/risks/", "/admin/", "/api/docs/", "/static/admin/css/base.css"):
        secure = browser.get(route, secure=True)
        found = re.fullmatch(r"max-age=(\d+)", secure.get("Strict-Transport-Security", ""))
        assert found, route
        assert int(found[1]) >= YEAR
        assert "Strict-Transport-Security" not in browser.get(route)


@pytest.mark.django_db
@pytest.mark.parametrize("path", EXPORTS)
def test_what_is_saved_as_a_file_is_stored_nowhere_else(api, manager, path):
    response = api(manager).get(path)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_a_report_is_stored_nowhere_else(browser):
    response = browser.get("/o/acme/dashboards/executive.pdf")
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")


@pytest.mark.parametrize(
    ("proxies", "headers", "is_sent"),
    [
        ([], {"HTTP_HOST": "risks.example.com"}, True),
        ([], {"HTTP_HOST": "127.0.0.1:8000"}, False),
        ([], {"HTTP_HOST": "risks.example.com", "HTTP_X_FORWARDED_PROTO": "http"}, False),
        (["10.0.0.1"], {"HTTP_HOST": "risks.example.com"}, False),
    ],
)
def test_an_https_address_binds_to_tls_where_no_proxy_says_more(
    settings, proxies, headers, is_sent
):
    settings.CSRF_TRUSTED_ORIGINS = ["https://risks.example.com"]
    settings.TRUSTED_PROXIES = proxies
    middleware = PrivacyHeadersMiddleware(lambda request: HttpResponse())
    response = middleware(RequestFactory().get("/", **headers))
    assert ("Strict-Transport-Security" in response) is is_sent
