"""Every form of a page shows what a service refuses, also about fields that it does not have."""

import importlib
import pkgutil

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dashboards.models import Board
from dashboards.schedules.editing import create_schedule
from marketplace.installations import lifecycle
from marketplace.models import InstalledApp
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Role
from openrisk.errors import Conflict, StaleVersion
from openrisk.pages.forms import PageForm
from risks.models import Acceptance, BulkChange, Category, LikelihoodSuggestion, Risk
from risks.services.mitigations import create_mitigation
from risks.services.risks import create_risk, take_transition
from risks.services.workspace.attachments import upload_attachment
from tests.pages.form_cases import CASES
from tests.risks.factories import (
    make_acceptance,
    make_asset,
    make_bulk_change,
    make_comment,
    make_control,
    make_finding,
    make_framework,
)
from tests.risks.files.content import PNG, upload
from tests.risks.import_runs.uploads import preview_register

PACKAGES = ("risks.pages", "dashboards.pages", "marketplace.pages", "monitoring.pages")
# What only reads: filters of a list, and a question to the cache.
READING = {
    "TimingFields",
    "FilterForm",
    "AssetFilterForm",
    "MergePairForm",
    "ControlFilterForm",
    "CoverageFilterForm",
    "MitigationFilterForm",
    "ActionFilterForm",
    "ExplainForm",
    "LayoutForm",
}
# After a change by someone else these show both values.
COMPARED = {
    "ScheduledReportForm",
    "RiskForm",
    "MitigationForm",
    "MitigationActionForm",
    "CorrectionForm",
    "EditCategoryForm",
    "EditAssetForm",
    "ControlForm",
    "FrameworkForm",
}
# Fields that are made for each test: files, and rows of `places`.
MADE = {
    "AttachmentUploadForm": lambda places: {"uploads": upload()},
    "MergeForm": lambda places: {"target": places["other_category"]},
    "StatementForm": lambda places: file_named("soa.csv", b"Identifier,Status\nx,yes"),
    "UploadRegisterForm": lambda places: file_named("sites.csv", b"Title\nFlood\n"),
    "AssetFileForm": lambda places: file_named("assets.csv", b"name\nx\n"),
    "PackForm": lambda places: file_named("pack.zip", b"x"),
}


def file_named(name, content):
    return {"file": SimpleUploadedFile(name, content)}


def page_forms():
    """Every form class that a module of pages defines."""
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and issubclass(value, forms.BaseForm):
                    yield value


def test_every_form_of_a_page_takes_refusals_and_is_tried_here():
    found = {form for form in page_forms() if form.__name__ not in READING}
    assert [form for form in found if not issubclass(form, PageForm)] == []
    assert {form.__name__ for form in found} - {"PageForm"} == {case[0] for case in CASES}


@pytest.fixture
def first(organization, analyst):
    """A risk that is assessed, before another that is not."""
    risk, _ = (
        create_risk(
            actor=analyst,
            organization=organization,
            title=title,
            inherent_likelihood=2,
            inherent_impact=2,
            tags=["x"],
        )
        for title in ("One", "Two")
    )
    return take_transition(actor=analyst, risk=risk, to="assessed")


def rows_around(risk, manager, analyst):
    """What hangs on a risk, by its name in an address."""
    organization = risk.organization
    mitigation = create_mitigation(
        actor=analyst, organization=organization, risk=risk, title="Plan", actions=["Act"]
    )
    suggestion = LikelihoodSuggestion.objects.create(
        organization=organization, risk=risk, key="CVE", present=2, likelihood=5
    )
    bulk_change = make_bulk_change(risk)
    BulkChange.objects.update(state="previewed", actor=manager)
    return {
        "acceptance": make_acceptance(analyst, risk).pk,
        "action": mitigation.actions.get().pk,
        "suggestion": suggestion.pk,
        "bulk_change": bulk_change.pk,
        "comment": make_comment(risk, manager).pk,
    }


@pytest.fixture
def places(client, organization, manager, analyst, first):
    """Logs an administrator in, and names the rows of the addresses."""
    set_role(user=manager, organization=organization, role=Role.ADMIN)
    of = {"actor": manager, "organization": organization}
    around = rows_around(first, manager, analyst)
    due = create_risk(title="Three", reviewer=manager, next_review_at=timezone.now(), **of)
    Board.objects.create(organization=organization, owner=manager, name="Ours", slug="ours")
    app = lifecycle.install_app(connector="trivy", **of)
    InstalledApp.objects.update(state="tested")
    categories = [
        Category.objects.create(organization=organization, name=name) for name in ("One", "Two")
    ]
    Risk.objects.filter(pk=first.pk).update(category=categories[0], extra={"Cost": "1"})
    control = make_control(make_framework(organization))
    report = create_schedule(recipients=[manager.email], cron="0 7 * * *", **of)
    client.force_login(manager)
    return {
        **around,
        "review": due.pk,
        "app": app.pk,
        "attachment": upload_attachment(file=upload(PNG), **of).attachment.pk,
        "category": categories[0].pk,
        "other_category": categories[1].pk,
        "control": control.pk,
        "framework": control.framework_id,
        "asset": make_asset(organization).pk,
        "other_asset": make_asset(organization, name="ERP 2").pk,
        "finding": make_finding(organization).pk,
        "import_run": preview_register(organization, "Title\nFlood\n").pk,
        "report": report.pk,
    }


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (ValidationError({"no_such_field": ["Peculiar."], "nor_this": ["Odd."]}), {400}),
        (ValidationError("Peculiar."), {400}),
        (Conflict("Peculiar."), {400, 409}),
        (StaleVersion("Peculiar."), {400, 409, 412}),
    ],
    ids=["unknown-fields", "whole", "conflict", "stale"],
)
@pytest.mark.parametrize("case", CASES, ids=[f"{c[0]}-{c[3].split('.')[-1]}" for c in CASES])
def test_refusal_of_a_service_is_shown(client, places, admin, monkeypatch, case, refusal, status):
    def refuse(*args, **kwargs):
        raise refusal

    form, path, data, service = case
    monkeypatch.setattr(service, refuse)
    if "/settings/fields/" in path:
        client.force_login(admin)
    if form in MADE:
        data = MADE[form](places)
    if path.endswith("transitions/"):
        data = {**data, "version": Acceptance.objects.get().risk.version}
    if "framework" in data:
        data = {**data, "framework": places["framework"]}
    response = client.post(path.format(**places), data)
    text = response.content.decode()
    assert response.status_code in status
    if form not in COMPARED or "version" not in data or not isinstance(refusal, StaleVersion):
        assert "Peculiar." in text
    assert ("Odd." in text) == ("Odd." in str(refusal))
