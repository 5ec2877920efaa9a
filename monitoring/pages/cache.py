"""The page of the response cache: how it does, what it depends on, and why a URL is no hit."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openrisk.accounts.members.memberships import membership_without_choice
from openrisk.accounts.models import User
from openrisk.caching.freshness import recent_changes
from openrisk.caching.freshness.recent_changes import RecentChange
from openrisk.caching.freshness.triggers import triggers_without_notify
from openrisk.caching.inspection import statistics
from openrisk.caching.inspection.explain import Explanation, explain_url
from openrisk.caching.inspection.simulation import BadUrl
from openrisk.caching.inspection.statistics import HITS, CacheCounters, StoreState, ViewFigures
from openrisk.caching.principals import UnknownPrincipal, principal_directory
from openrisk.database.triggers import missing_triggers
from openrisk.pages.guards import MemberRequest, superuser_required


class ExplainForm(forms.Form):
    """Who asks for which URL."""

    url = forms.CharField(label="URL", max_length=2000, help_text="A path of the API, or all of it")
    user = forms.CharField(label="As", max_length=254, help_text="E-mail address")
    organization = forms.SlugField(
        required=False, help_text="Its short name; empty for the first one"
    )

    def explanation(self, base: str) -> Explanation | None:
        """None, and errors at the fields, for what cannot be explained."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        try:
            person = principal_directory().find_user(data["user"], data["organization"] or None)
            return explain_url(data["url"], person, base=base)
        except UnknownPrincipal as unknown:
            self.add_error("user", str(unknown))
        except BadUrl as bad:
            self.add_error("url", str(bad))
        return None


@require_safe
@superuser_required
def cache_page(request: MemberRequest) -> HttpResponse:
    counted = statistics.read_counters()
    figures = statistics.view_figures(counted)
    store = statistics.store_state()
    form = ExplainForm(request.GET if "url" in request.GET else None, initial=_initial(request))
    context = {
        **_state(counted, figures, store),
        "views": [_row(view) for view in figures],
        "declared": _declared([view for view in figures if view.reads]),
        "changes": _changes(counted),
        "form": form,
        "told": form.explanation(request.build_absolute_uri("/")) if form.is_bound else None,
        "process": os.getpid(),
        "since": _moment(recent_changes.STARTED),
    }
    return render(request, "monitoring/cache.html", context)


def _initial(request: MemberRequest) -> dict[str, str]:
    user = cast(User, request.user)
    membership = membership_without_choice(user)
    slug = membership.organization.slug if membership else ""
    return {"url": "/api/v1/risks/", "user": user.email, "organization": slug}


# --- How it does ----------------------------------------------------------------------------------
def _state(counted: CacheCounters, figures: list[ViewFigures], store: StoreState) -> dict[str, Any]:
    tags, rows = statistics.count_tag_versions()
    return {
        "consistency": settings.CACHE_CONSISTENCY,
        "store": store,
        "counted": counted.source,
        "lookups": counted.lookups,
        "hit_rate": counted.hit_rate,
        "tags": tags,
        "token_rows": rows,
        "entries": sum(view.entries for view in figures),
        "bytes": sum(view.bytes for view in figures),
        "problems": list(_problems(counted, figures, store)),
    }


def _problems(
    counted: CacheCounters, figures: list[ViewFigures], store: StoreState
) -> Iterator[str]:
    """What is wrong, and what to do about it."""
    if settings.CACHE_BACKEND == "none":
        yield "CACHE_BACKEND is none, so nothing is cached. Set it to redis or memory."
    if missing := missing_triggers(connection, "cache"):
        yield (
            f"{len(missing)} triggers are missing or disabled, first {missing[0]}: answers may be "
            "stale. Run manage.py migrate, which installs them."
        )
    if settings.CACHE_CONSISTENCY == "push" and (silent := triggers_without_notify(connection)):
        yield (
            f"{len(silent)} triggers do not notify, first {silent[0]}: with CACHE_CONSISTENCY=push "
            "answers may be stale. Run manage.py migrate, which installs them anew."
        )
    if store.reachable is False:
        yield (
            f"The shared store is {store.detail}. Answers are as exact as ever, but each process "
            "computes them for itself. Start the server, or correct REDIS_URL."
        )
    elif counted.breaker_open:
        yield "A process has stopped asking the shared store for some seconds, because it failed."
    for view in figures:
        for table, count in view.undeclared.items():
            yield (
                f"{view.view} reads {table}, which it does not declare: {count} answers were not "
                "kept. Add the model to its reads."
            )


@dataclass(frozen=True)
class Segment:
    """A part of a bar of 100 units."""

    name: str
    start: float
    width: float


def _row(view: ViewFigures) -> dict[str, Any]:
    return {
        "figures": view,
        "shares": [view.share(layer) for layer in HITS],
        "bar": _bar(view),
    }


def _bar(view: ViewFigures) -> list[Segment]:
    counts = {**view.hits, "miss": view.misses}
    segments, start = [], 0.0
    for name, count in counts.items():
        width = 100 * count / view.lookups if view.lookups else 0
        if width:
            segments.append(Segment(name, round(start, 2), round(width, 2)))
        start += width
    return segments


# --- What it depends on ---------------------------------------------------------------------------
def _declared(figures: list[ViewFigures]) -> list[dict[str, Any]]:
    """A row for views that declare the same, such as a list and its search."""
    groups: dict[Any, list[ViewFigures]] = {}
    for view in figures:
        groups.setdefault((view.reads, view.ttl, view.scope, view.clock), []).append(view)
    return [
        {
            "figures": views[0],
            "names": [view.view for view in views],
            "reads": [(label.rstrip("#"), label.endswith("#")) for label in views[0].reads],
            "last": _seen(
                recent_changes.latest_change_of(label.rstrip("#") for label in views[0].reads)
            ),
        }
        for views in groups.values()
    ]


# --- What has changed -----------------------------------------------------------------------------
def _changes(counted: CacheCounters) -> list[dict[str, Any]]:
    return [
        {**(_seen(change) or {}), "count": change.count, "all": counted.invalidations[change.model]}
        for change in recent_changes.latest_changes()
    ]


def _seen(change: RecentChange | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {"model": change.model, "at": _moment(change.at), "age": time.time() - change.at}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
