"""The asset that an alert is about."""

import pytest

from monitoring.alerts import find_named_asset
from tests.risks.factories import make_asset


@pytest.mark.parametrize(
    ("label", "known"),
    [
        ({"asset": "DB-1"}, {"external_id": "db-1"}),
        ({"instance": "10.0.0.7:9187"}, {"addresses": ["10.0.0.7"]}),
        ({"instance": "http://shop.example.com/health"}, {"hostnames": ["shop.example.com"]}),
        ({"instance": "[2001:db8::1]:9100"}, {"addresses": ["2001:db8::1"]}),
        ({"datname": "openrisk"}, {"name": "OpenRisk"}),
    ],
)
def test_labels_name_assets(organization, label, known):
    asset = make_asset(organization, **{"name": "That one"} | known)
    assert find_named_asset(organization, label) == asset


def test_label_that_fits_several_assets_or_other_organizations_names_none(
    organization, other_organization
):
    for name in ("One", "Two"):
        make_asset(organization, name=name, hostnames=["shared.example.com"])
    make_asset(other_organization, name="elsewhere")
    assert find_named_asset(organization, {"instance": "shared.example.com:80"}) is None
    assert find_named_asset(organization, {"instance": "elsewhere"}) is None
