"""Figures are cached like the lists beside them: exactly."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboards.api.urls import urlpatterns
from openrisk.caching.decorators import declarations
from risks.models import Risk
from risks.services.risks import update_risk
from tests.openrisk.caching.calls import MISS, call, counted, token, warm
from tests.risks.factories import make_one_of_each

STATS = "/api/v1/dashboards/stats/"


def questions(risk):
    """Every cached figure with every filter, now and as of yesterday, and what finds nothing."""
    nothing = "01900000-0000-7000-8000-000000000000"
    yesterday = timezone.now().date() - timedelta(days=1)
    filters = (
        "",
        f"category={risk.category_id}",
        f"owner={risk.owner_id}",
        "tag=backup",
        f"asset={risk.asset_links.first().asset_id}",
        f"as_of={yesterday}",
        "tag=nothing",
        f"asset={nothing}",
        f"category={nothing}",
        f"owner={nothing}",
    )
    for pattern in urlpatterns:
        if pattern.name in declarations:
            needed = "by=owner&" if "breakdown" in pattern.name else ""
            yield from (f"{reverse(pattern.name)}?{needed}{query}" for query in filters)


@pytest.mark.django_db(transaction=True)
def test_no_figure_reads_what_it_does_not_declare(organization, manager):
    make_one_of_each(organization, manager)
    me = token(manager, organization)
    call(STATS, me)  # the day of last use is written
    before = counted("undeclared_reads_total")
    replies = [call(url, me) for url in questions(Risk.objects.first())]
    assert len(replies) == 90
    assert {reply.status for reply in replies} == {200, 400}
    assert counted("undeclared_reads_total") == before


@pytest.mark.django_db(transaction=True)
def test_a_change_of_a_score_is_seen_at_once_and_one_of_a_word_is_none(organization, manager):
    risk = make_one_of_each(organization, manager)
    me = token(manager, organization)
    risk = update_risk(actor=None, instance=risk, inherent_likelihood=4, inherent_impact=5)
    before = warm(STATS, me).json()["exposure"]
    update_risk(actor=None, instance=risk, description="Another word")
    assert call(STATS, me).cache.startswith("HIT")
    update_risk(actor=None, instance=risk, inherent_likelihood=1, inherent_impact=1)
    reply = call(STATS, me)
    assert (reply.cache, before - reply.json()["exposure"]) == (MISS, 19)
