"""Each cached route gives all users what the uncached one does, also after their rights changed."""

import pytest
from django.urls import reverse

from dashboards.api import urls as dashboards
from marketplace.models import InstalledApp
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Membership, Role
from openrisk.caching.decorators import declarations
from risks.api.urls import router
from risks.models import Asset, Risk
from tests.openrisk.caching.calls import (
    call,
    counted,
    token,
)
from tests.risks.factories import make_one_of_each, make_risk

committed = pytest.mark.django_db(transaction=True)


def _urls():
    """Every cached route with its rows: (declaration, url)."""
    for prefix, viewset, basename in router.registry:
        if f"{prefix}-list" not in declarations:
            continue
        url = reverse(f"{basename}-list")
        yield f"{prefix}-list", url
        if viewset.searchable:
            yield f"{prefix}-search", f"{url}?search=a"
        for row in viewset.model.objects.all():
            yield f"{prefix}-detail", reverse(f"{basename}-detail", kwargs={"pk": row.pk})


def _figures():
    """The same of the dashboards: they have no rows."""
    for pattern in dashboards.urlpatterns:
        if pattern.name in declarations:
            yield (
                pattern.name,
                reverse(pattern.name) + ("?by=asset" * ("breakdown" in pattern.name)),
            )


def _marketplace():
    """The same of the marketplace, whose catalogue has no rows either."""
    for name in ("connectors", "packs", "apps"):
        yield f"{name}-list", reverse(f"{name}-list")
    yield "connectors-search", f"{reverse('connectors-list')}?search=report"
    yield "connectors-detail", reverse("connectors-detail", kwargs={"slug": "trivy"})
    for app in InstalledApp.objects.all():
        yield "apps-detail", reverse("apps-detail", kwargs={"pk": app.pk})


def _answers(urls, people):
    return {
        (name, url): (reply.status, reply.body, reply.headers["Content-Type"])
        for name, who in people.items()
        for url in urls
        for reply in [call(url, who, HTTP_X_REQUEST_ID="same")]
    }


@committed
def test_every_cached_route_gives_all_users_what_the_uncached_one_does(
    organization, other_organization, viewer, analyst, manager, admin, outsider, settings
):
    risk = make_one_of_each(organization, analyst)
    foreign = make_risk(other_organization, title="Foreign secret")
    routes = dict.fromkeys([*_urls(), *_figures(), *_marketplace()])
    unsearchable = ("mitigations-search", "apps-search", "packs-search", "custom-fields-search")
    assert {name for name, _ in routes} >= {
        name for name in declarations if name not in unsearchable and not name.startswith("sample")
    }
    people = {
        user.email: token(user, organization if user != outsider else other_organization)
        for user in (viewer, analyst, manager, admin, outsider)
    } | {"nobody": {}}
    urls = [url for _, url in routes]

    def compare():
        cached = [_answers(urls, people) for _ in range(2)]
        settings.CACHE_BACKEND = "none"
        plain = _answers(urls, people)
        settings.CACHE_BACKEND = "memory"
        differing = [key for key in plain if {plain[key]} != {answers[key] for answers in cached}]
        assert differing == []
        return plain

    before = compare()
    assert counted("requests_total", layer="front", result="hit") > 0
    risk.title = "Changed"
    risk.save()
    Risk.objects.filter(pk=foreign.pk).update(title="Also changed")
    Asset.objects.filter(name="ERP").update(name="Renamed")
    after = compare()
    assert before != after
    Membership.objects.filter(user=analyst).delete()
    set_role(user=viewer, organization=organization, role=Role.MANAGER)
    outcome = compare()
    assert {status for (name, _), (status, *_) in outcome.items() if name == analyst.email} == {401}
    assert not any(
        b"Foreign" in body or b"Also" in body
        for (name, _), (_, body, _) in outcome.items()
        if name != outsider.email
    )
