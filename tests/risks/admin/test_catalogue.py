"""The matrix, assets and categories in the admin."""

import re

from zeal import zeal_ignore

from tests.risks import factories
from tests.risks.admin.forms import change, page, said


def test_administrator_rebands_the_register(client, risk, admin, manager):
    matrix = risk.organization.matrix
    client.force_login(admin)
    levels = {f"level_{row}_{column}": "high" for row in (4, 5) for column in (4, 5)}
    response = change(client, matrix, **levels)
    risk.refresh_from_db()
    assert risk.current_level == "high"
    assert "1 risk changed its current level" in said(response)


def test_level_that_falls_is_refused(client, risk, admin):
    client.force_login(admin)
    response = change(client, risk.organization.matrix, level_5_5="low")
    assert "A higher likelihood or impact must not lower the level" in response.content.decode()


def test_manager_looks_at_the_matrix_only(client, risk):
    matrix = risk.organization.matrix
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(page(matrix)).content.decode()))
    for words in ("5 x 5 Critical", "Likelihood 5 Almost certain", "Critical #"):
        assert words in text
    assert client.post(page(matrix), {"level_1_1": "high"}).status_code == 403


# The asset of the page and the one it depends on, each once.
TARGET = [{"model": "risks.Asset", "field": "get()"}]


def test_asset_page_keeps_lists_and_dependencies(client, organization):
    asset = factories.make_asset(organization, "ERP")
    target = factories.make_asset(organization, "Database")
    rows = {"dependencies-TOTAL_FORMS": "1", "dependencies-0-kind": "runs_on"}
    with zeal_ignore(TARGET):
        row = {"dependencies-0-target": str(target.pk)}
        change(client, asset, hostnames="a\r\nb", **rows, **row)
    asset.refresh_from_db()
    assert asset.hostnames == ["a", "b"]
    assert asset.dependencies.get().target == target
    with zeal_ignore(TARGET):
        change(client, asset, **{"dependencies-0-DELETE": "on"})
    assert not asset.dependencies.exists()


def test_asset_cannot_depend_on_itself(client, organization):
    asset = factories.make_asset(organization, "ERP")
    rows = {"dependencies-TOTAL_FORMS": "1", "dependencies-0-kind": "runs_on"}
    with zeal_ignore(TARGET):
        response = change(client, asset, **rows, **{"dependencies-0-target": str(asset.pk)})
    assert "cannot depend on itself" in response.content.decode()


def test_criticality_weighs_the_priority_of_risks(client, organization):
    asset = factories.make_asset(organization, "ERP", criticality="low")
    risk = factories.make_assessed_risk(organization, assets=[asset])
    change(client, asset, criticality="critical")
    risk.refresh_from_db()
    assert str(risk.priority) == "30.00"


def test_second_category_of_a_name_is_refused(client, organization):
    factories.make_category(organization, "Cyber")
    response = client.post("/admin/risks/category/add/", {"name": "Cyber"})
    assert "exists already" in response.content.decode()
