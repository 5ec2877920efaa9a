"""Tags, assets and controls of a risk, and the priority that follows from the assets."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from risks.models import Risk, RiskAsset, RiskControl
from risks.services.links import refresh_priority
from risks.services.risks import update_risk
from tests.risks.factories import make_asset, make_control, make_framework, make_risk

RATED = {"inherent_likelihood": 4, "inherent_impact": 5}


def _priority(risk):
    return Risk.objects.get(pk=risk.pk).priority


def _update(risk, **fields):
    return update_risk(actor=None, instance=risk, **fields)


def test_tags_are_trimmed_and_told_once(organization):
    risk = make_risk(organization, tags=[" it ", "it", "supply   chain", "", " ", "\ufeff"])
    assert [tag.name for tag in risk.tags.all()] == ["it", "supply chain"]


def test_given_links_are_the_only_ones_and_none_leaves_them(organization):
    first, second = make_asset(organization, "ERP"), make_asset(organization, "CRM")
    risk = make_risk(organization, assets=[first], tags=["it"])
    _update(risk, title="Flood")
    assert list(risk.assets.all()) == [first]
    _update(risk, assets=[second])
    assert list(risk.assets.all()) == [second]
    assert risk.tags.get().name == "it"


def test_empty_links_unlink(organization):
    control = make_control(make_framework(organization))
    risk = make_risk(
        organization, assets=[make_asset(organization)], tags=["it"], controls=[control]
    )
    _update(risk, assets=[], tags=[], controls=[])
    assert (risk.assets.count(), risk.tags.count(), risk.controls.count()) == (0, 0, 0)


def test_links_that_stay_are_not_written_again(organization):
    kept, added = make_asset(organization, "ERP"), make_asset(organization, "CRM")
    risk = make_risk(organization, assets=[kept])
    link = RiskAsset.objects.get()
    _update(risk, assets=[added, kept, kept])
    assert RiskAsset.objects.get(asset=kept) == link
    assert RiskAsset.objects.count() == 2


def test_links_carry_the_organization(organization):
    control = make_control(make_framework(organization))
    make_risk(organization, assets=[make_asset(organization)], tags=["it"], controls=[control])
    for model in (RiskAsset, RiskControl):
        assert model.objects.get().organization == organization


@pytest.mark.parametrize("tags", [["x" * 51], [str(number) for number in range(51)]])
def test_too_long_or_too_many_tags_are_refused(organization, tags):
    with pytest.raises(ValidationError, match="At most 50 tags of at most 50 characters"):
        make_risk(organization, tags=tags)
    assert not Risk.objects.exists()


# --- Priority ---------------------------------------------------------------------------------
def test_priority_without_assets_is_the_score(organization):
    assert _priority(make_risk(organization, **RATED)) == Decimal("20.00")
    assert _priority(make_risk(organization)) is None


def test_priority_takes_the_mean_factor(organization):
    assets = [
        make_asset(organization, "ERP", criticality="critical"),
        make_asset(organization, "Printer", criticality="low"),
    ]
    risk = make_risk(organization, assets=assets, **RATED)
    assert _priority(risk) == risk.priority == Decimal("23.00")  # 20 x (1.5 + 0.8) / 2


def test_priority_follows_the_links(organization):
    asset = make_asset(organization, criticality="critical")
    risk = make_risk(organization, assets=[asset], **RATED)
    _update(risk, assets=[])
    assert _priority(risk) == Decimal("20.00")


def test_priority_follows_the_current_score(organization):
    asset = make_asset(organization, criticality="critical")
    risk = make_risk(organization, assets=[asset], **RATED)
    _update(risk, residual_likelihood=1, residual_impact=5)
    assert _priority(risk) == Decimal("7.50")
    _update(risk, residual_impact=None)
    assert _priority(risk) == Decimal("30.00")


def test_refresh_repairs_every_risk_of_one_organization(organization, other_organization):
    risks = [make_risk(owner, **RATED) for owner in (organization, other_organization)]
    Risk.objects.update(priority=1)
    refresh_priority(organization)
    assert [_priority(risk) for risk in risks] == [Decimal("20.00"), Decimal("1.00")]


def test_refresh_costs_the_same_whatever_the_number_of_risks(
    organization, django_assert_max_num_queries
):
    asset = make_asset(organization)
    for _ in range(5):
        make_risk(organization, assets=[asset], **RATED)
    Risk.objects.update(priority=1)
    with django_assert_max_num_queries(5):  # two reads, one write, and its savepoint
        refresh_priority(organization)
    assert set(Risk.objects.values_list("priority", flat=True)) == {Decimal("20.00")}
