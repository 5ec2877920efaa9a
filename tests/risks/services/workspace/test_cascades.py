"""Whatever the database deletes with a row comes back with it, models of later versions too."""

from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from openrisk.accounts.models import Organization, User
from risks.models import Asset, Control, FindingRule, Framework, Mitigation, MitigationAction, Risk
from risks.services import rows
from risks.services.workspace.deleted_items import restore_item
from risks.services.workspace.relations import relate_risks
from risks.services.workspace.snapshots import CASCADE, children_of, collect_rows, stored_columns
from tests.risks.factories import make_one_of_each, make_risk

pytestmark = pytest.mark.django_db
DELETABLE = (Risk, Mitigation, MitigationAction, Asset, Framework, Control, FindingRule)
BOOKKEEPING = {"version", "updated_at"}


def cascading_models(model):
    """All models of which rows are deleted with a row of `model`."""
    found, pending = {model}, [model]
    while pending:
        for child, _ in children_of(pending.pop(), CASCADE):
            if child not in found:
                found.add(child)
                pending.append(child)
    return found


def value_for(  # noqa: PLR0911  a table of types
    field: Any, organization: Organization, person: User
) -> Any:
    """Some value for a column that needs one."""
    if field.is_relation:
        target = field.related_model
        fixed = {Organization: organization, User: person}
        row = fixed.get(target) or target._base_manager.order_by("pk").first()
        return (row or make_row(target, organization, person)).pk
    if field.choices:
        return field.choices[0][0]
    match field:
        case models.DateTimeField():
            return timezone.now()
        case models.DateField():
            return timezone.now().date()
        case models.BooleanField():
            return False
        case models.IntegerField() | models.DecimalField():
            return 1
    return "x"


def make_row(model: Any, organization: Organization, person: User, **links: Any) -> Any:
    """A row of any model, with these links and the columns that it cannot do without."""
    needed = {
        field.attname: value_for(field, organization, person)
        for field in model._meta.concrete_fields
        if field.attname not in links
        and not (field.null or field.has_default() or field.generated or field.primary_key)
    }
    return model._base_manager.create(**needed, **links)


def collect_all(root: Any, organization: Organization, person: User) -> Any:
    """All rows that hang on `root`, with one at least of every model whose rows may."""
    model = type(root)
    while missing := cascading_models(model) - collect_rows(model, [root.pk]).keys():
        collected = collect_rows(model, [root.pk])
        child, column, parent = next(
            (child, column, parent)
            for parent in collected
            for child, column in children_of(parent, CASCADE)
            if child in missing
        )
        make_row(child, organization, person, **{column: next(iter(collected[parent]))})
    return collect_rows(model, [root.pk])


def rows_of(table, keys):
    columns = [name for name in stored_columns(table) if name not in BOOKKEEPING]
    return {row["id"]: row for row in table._base_manager.filter(pk__in=keys).values(*columns)}


@pytest.mark.parametrize("model", DELETABLE, ids=lambda model: model.__name__)
def test_each_row_that_goes_comes_back(model, organization, analyst):
    """Where a new model makes this fail, add a row of it to `make_one_of_each`."""
    risk, other = make_one_of_each(organization, analyst), make_risk(organization)
    relate_risks(actor=None, organization=organization, risk=risk, other=other, kind="causes")
    root = model._default_manager.order_by("pk").first()
    collected = collect_all(root, organization, analyst)
    before = {table: rows_of(table, keys) for table, keys in collected.items()}
    item = rows.delete(actor=None, instance=root)
    assert not any(rows_of(table, keys) for table, keys in collected.items())
    restore_item(actor=None, item=item)
    assert {table: rows_of(table, keys) for table, keys in collected.items()} == before
