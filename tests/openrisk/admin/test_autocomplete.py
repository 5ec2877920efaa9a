"""The lists of the admin answer to their own filters, and to nothing else."""

import itertools

import pytest
from django.db.models import ForeignKey
from django.urls import reverse

from openrisk.admin.site import site
from risks.models import Category
from tests.risks.factories import make_risk

pytestmark = [pytest.mark.both, pytest.mark.django_db]
MODELS = sorted(site._registry, key=lambda model: model._meta.label)
labels = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
ODD_LOOKUPS = {
    "regex": "^(a+)+$",
    "iregex": "^(a+)+$",
    "range": "1",
    "contains": "x",
    "icontains": "\0",
    "has_key": "x",
    "in": ",",
    "gt": "x",
    "isnull__exact": "x",
    "date__year": "x",
    "year": "99999999999999999999",
    "organization__slug__regex": ".*",
}


@pytest.fixture
def admin_client(client, superuser, organization):
    client.force_login(superuser)
    return client


def list_url(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@labels
def test_no_column_takes_an_odd_lookup(model):
    model_admin = site._registry[model]
    for field in model._meta.concrete_fields:
        for lookup, value in ODD_LOOKUPS.items():
            assert not model_admin.lookup_allowed(f"{field.name}__{lookup}", value), field.name


@labels
@pytest.mark.once  # before any database is asked
def test_odd_lookups_are_refused(admin_client, model):
    columns = itertools.cycle(field.name for field in model._meta.concrete_fields)
    for column, (lookup, value) in zip(columns, ODD_LOOKUPS.items(), strict=False):
        response = admin_client.get(list_url(model), {f"{column}__{lookup}": value})
        assert response.status_code in (302, 400, 403), (column, lookup)
        assert response.get("Location", "?e=1").endswith("?e=1"), (column, lookup)


@labels
def test_what_a_list_does_take_may_be_anything(admin_client, model):
    queries = ["p=x", "o=1.x.-9", "o=99", f"q={'x' * 3000}"]
    for item in site._registry[model].list_filter:
        if isinstance(item, type):
            queries.append(f"{item.parameter_name}=x")
            continue
        name = item if isinstance(item, str) else item[0]
        queries += [f"{name}__{lookup}=x" for lookup in ("exact", "id__exact", "isnull")]
    for query in queries:
        assert admin_client.get(f"{list_url(model)}?{query}").status_code < 500, query


@pytest.mark.parametrize("term", ["", "a", "\0"])
def test_every_link_can_be_searched_for(admin_client, organization, term):
    for model in MODELS:
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                asked = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                    "organization": str(organization.pk),
                    "term": term,
                }
                response = admin_client.get("/admin/autocomplete/", asked)
                expected = (400,) if term == "\0" else (200, 403)
                assert response.status_code in expected, (model, field.name)


def test_search_for_people_finds_members_of_the_one_organization(
    admin_client, organization, analyst, outsider
):
    asked = {"app_label": "risks", "model_name": "risk", "field_name": "owner"}
    found = admin_client.get(
        "/admin/autocomplete/", {**asked, "organization": str(organization.pk), "term": ""}
    )
    assert [each["id"] for each in found.json()["results"]] == [str(analyst.pk)]


@pytest.mark.parametrize("url", ["risks/category/", "accounts/membership/", "risks/risk/"])
def test_lists_are_searched_in_folded_text(admin_client, organization, analyst, url):
    analyst.name = "Zoë Müller"
    analyst.save()
    Category.objects.create(organization=organization, name="Zoë Müller")
    make_risk(organization, title="Zoë Müller")
    for words, found in (("MULLER zoe", 1), ("muller zoz", 0)):
        page = admin_client.get(f"/admin/{url}", {"q": words})
        assert len(page.context["cl"].result_list) == found
