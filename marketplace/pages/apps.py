"""The page of an app, with its health and runs, and the page of a change of a pack."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace import tasks
from marketplace.connectors.base import Capability
from marketplace.installations import encryption, lifecycle
from marketplace.installations.configuration import report_address, secret_names
from marketplace.installations.health import derive_health
from marketplace.models import AppState, InstalledApp, PackChange
from marketplace.packs import installation
from marketplace.pages.counts import count_with_verb, describe_counts
from marketplace.pages.forms import ConfigurationForm, ScheduleForm, SyncForm
from marketplace.registry import connector_of
from marketplace.sync import runs
from openrisk.accounts.models import Role
from openrisk.pages.confirmation import Question, ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, refusal_sentence
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.pages.imports.rows import list_rows

FACTS = {
    "connection": "Connection",
    "credential": "Credential",
    "freshness": "Freshness",
    "outcome": "Last outcome",
}
GOOD = ("ok", "fresh", "applied", "previewed", "delivered")
BAD = ("failing", "stale", "failed", "quarantined")


def find_app(request: MemberRequest, pk: UUID) -> InstalledApp:
    app = (
        InstalledApp.objects.for_organization(request.membership.organization).filter(pk=pk).first()
    )
    if app is None:
        raise Http404
    return app


@require_safe
@member_required(Role.VIEWER)
def app_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    return render(request, "marketplace/app.html", build_context(find_app(request, pk)))


def build_context(app: InstalledApp, **forms: Any) -> dict[str, Any]:
    """The context of the page, with the given `forms` in place of new ones."""
    connector = connector_of(app)
    sends = Capability.NOTIFICATION in connector.capabilities
    derived = derive_health(app)
    return {
        "app": app,
        "connector": connector,
        "sends": sends,
        "fetches": bool(report_address(connector, app.settings)),
        "health": [(FACTS[name], tone_of(fact), fact) for name, fact in derived.items()],
        "form": ConfigurationForm(app, stored_secrets(app)),
        "schedule": ScheduleForm(initial={"cron": app.cron, "mode": app.mode}),
        "sync": SyncForm(),
        "runs": app.runs.select_related("actor")[:20],
        "deliveries": app.deliveries.all()[:20] if sends else [],
        "ready": app.state in lifecycle.READY,
        "waits": app.is_being_tested,
        "gone": app.state == AppState.UNINSTALLED,
        **forms,
    }


def tone_of(fact: dict[str, Any]) -> str:
    if fact["state"] in GOOD:
        return "within"
    return "breached" if fact["state"] in BAD else ""


def stored_secrets(app: InstalledApp) -> set[str]:
    try:
        return set(encryption.decrypt(app.secrets))
    except encryption.SecretsUnreadable:
        return set()


def secret_fields(pk: UUID, **others: Any) -> set[str]:
    """The secret fields of the configuration, which no page shows again."""
    app = InstalledApp.objects.filter(pk=pk).first()
    if app is None:
        return set()
    return secret_names(connector_of(app))


@form_on("app", "pk", secrets=secret_fields)
@require_POST
@member_required(Role.ADMIN)
def configure(request: MemberRequest, pk: UUID) -> HttpResponse:
    app = find_app(request, pk)
    form = ConfigurationForm(app, stored_secrets(app), request.POST)
    if form.is_valid():
        try:
            lifecycle.configure_app(
                actor=request.membership.user,
                instance=app,
                configuration=form.typed_configuration(),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Saved. Test it now."))
            return redirect("app", request.organization_slug, pk)
    return render(request, "marketplace/app.html", build_context(app, form=form), status=400)


@form_on("app", "pk")
@require_POST
@member_required(Role.ADMIN)
def schedule(request: MemberRequest, pk: UUID) -> HttpResponse:
    app, form = find_app(request, pk), ScheduleForm(request.POST)
    if form.is_valid():
        try:
            lifecycle.configure_app(
                actor=request.membership.user, instance=app, **form.cleaned_data
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("app", request.organization_slug, pk)
    return render(request, "marketplace/app.html", build_context(app, schedule=form), status=400)


@form_on("app", "pk")
@require_POST
@member_required(Role.ADMIN)
def app_step(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Test, enable, disable or uninstall."""
    app, user = find_app(request, pk), request.membership.user
    if is_cancelled(request):
        return redirect("app", request.organization_slug, pk)
    if request.POST.get("step") == "uninstall" and (question := ask_before_uninstall(request, app)):
        return render(request, "confirm.html", {"question": question})
    try:
        match request.POST.get("step"):
            case "test":
                tasks.enqueue_test(actor=user, app=app)
            case "enable":
                lifecycle.enable_app(actor=user, app=app)
            case "disable":
                lifecycle.disable_app(actor=user, app=app)
            case "uninstall":
                lifecycle.uninstall_app(actor=user, app=app)
                messages.success(
                    request, _("%(app)s is uninstalled. What it imported stays.") % {"app": app}
                )
                return redirect("marketplace", request.organization_slug)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    return redirect("app", request.organization_slug, pk)


def ask_before_uninstall(request: MemberRequest, app: InstalledApp) -> Question | None:
    content = describe_counts(lifecycle.count_imported_objects(app))
    stays = [f"What stays: {content}."] if content else []
    consequences = [lifecycle.UNINSTALL_WARNING, *stays]
    return ask_first(
        request, _("Uninstall %(name)s?") % {"name": app.name}, consequences, _("Uninstall")
    )


@form_on("app", "pk")
@require_POST
@member_required(Role.MANAGER)
@create_once
def sync(request: MemberRequest, pk: UUID) -> HttpResponse:
    app = find_app(request, pk)
    form = SyncForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            with transaction.atomic():
                run = runs.queue_run(
                    actor=request.membership.user,
                    app=app,
                    mode=form.cleaned_data["mode"],
                    file=file,
                    file_name=file.name if file else "",
                )
                tasks.enqueue_run(run)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect_to_created("run", request.organization_slug, run.pk)
    return render(request, "marketplace/app.html", build_context(app, sync=form), status=400)


# --- Packs ---------------------------------------------------------------------------------------
@form_on()
@member_required(Role.ANALYST)
@create_once
def pack_change(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The page of a change of a pack: its rows, and the button that applies it."""
    mine = PackChange.objects.for_organization(request.membership.organization)
    change = mine.select_related("installed", "import_run", "actor").filter(pk=pk).first()
    if change is None:
        raise Http404
    if (
        request.method == "POST"
        and request.membership.has_role(Role.ADMIN)
        and not is_cancelled(request)
    ):
        if question := ask_before_install(request, change):
            return render(request, "confirm.html", {"question": question})
        try:
            installation.apply_change(actor=request.membership.user, change=change)
            messages.success(request, installed_message(change))
            return redirect_to_created("pack", request.organization_slug, change.installed.pack)
        except REFUSALS as refusal:
            messages.error(request, refusal_sentence(refusal))
        return redirect("pack", request.organization_slug, change.installed.pack)
    rows = list_rows(request, change.import_run) if change.import_run else None
    return render(request, "marketplace/pack_change.html", {"change": change, "rows": rows})


def ask_before_install(request: MemberRequest, change: PackChange) -> Question | None:
    counts = change.import_run.counts.items() if change.import_run else ()
    new = ", ".join(f"{count['create']} {name}" for name, count in counts if count["create"])
    consequences = [
        f"It adds {new}." if new else "It adds nothing new.",
        "Risks come as drafts, which are not counted in reports.",
        "You can roll back until someone edits what it wrote.",
    ]
    name = f"{change.installed.name} {change.pack_version}"
    return ask_first(request, _("Install %(name)s?") % {"name": name}, consequences, _("Install"))


def installed_message(change: PackChange) -> str:
    name = f"{change.installed.name} {change.pack_version} is installed."
    drafts = installation.count_drafts(change.organization, change.installed.pack)
    if not drafts:
        return name
    return f"{name} {count_with_verb(drafts, 'draft')} in the register: review them to count them."
