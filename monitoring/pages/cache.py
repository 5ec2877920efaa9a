"""The page of the response cache: its hits, what views depend on, and the treatment of a URL."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
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
    """Form: explain how the cache treats a URL for a given user."""

    url = forms.CharField(
        label=_("URL"), max_length=2000, help_text=_("A path of the API, or all of it")
    )
    user = forms.CharField(label=_("As"), max_length=254, help_text=_("E-mail address"))
    organization = forms.SlugField(
        required=False, help_text=_("Its short name; empty for the first one")
    )

    def explain(self, base: str) -> Explanation | None:
        """Return the explanation, or None with errors at the fields."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        try:
            user = principal_directory().find_user(data["user"], data["organization"] or None)
            return explain_url(data["url"], user, base=base)
        except UnknownPrincipal as error:
            self.add_error("user", str(error))
        except BadUrl as error:
            self.add_error("url", str(error))
        return None


@require_safe
@superuser_required
def cache_page(request: MemberRequest) -> HttpResponse:
    counters, store = statistics.read_counters(), statistics.store_state()
    views = statistics.view_figures(counters)
    tags, tag_rows = statistics.count_tag_versions()
    user = cast(User, request.user)
    membership = membership_without_choice(user)
    initial = {
        "url": "/api/v1/risks/",
        "user": user.email,
        "organization": membership.organization.slug if membership else "",
    }
    form = ExplainForm(request.GET if "url" in request.GET else None, initial=initial)
    explanation = form.explain(request.build_absolute_uri("/")) if form.is_bound else None
    context = {
        "consistency": settings.CACHE_CONSISTENCY,
        "store": store,
        "source": counters.source,
        "lookups": counters.lookups,
        "hit_rate": counters.hit_rate,
        "tags": tags,
        "tag_rows": tag_rows,
        "entries": sum(view.entries for view in views),
        "bytes": sum(view.bytes for view in views),
        "problems": list(find_problems(counters, views, store)),
        "views": [view_row(view) for view in views],
        "dependencies": list_dependencies([view for view in views if view.reads]),
        "changes": list_changes(counters),
        "form": form,
        "explanation": explanation,
        "process": os.getpid(),
        "since": to_datetime(recent_changes.STARTED),
    }
    return render(request, "monitoring/cache.html", context)


def find_problems(
    counters: CacheCounters, views: list[ViewFigures], store: StoreState
) -> Iterator[str]:
    """Yield what is wrong, and what to do about it."""
    if settings.CACHE_BACKEND == "none":
        yield "CACHE_BACKEND is none, so nothing is cached. Set it to redis or memory."
    if missing := missing_triggers(connection, "cache"):
        yield (
            f"{len(missing)} triggers are missing or disabled, first {missing[0]}: answers may be "
            "outdated. Run manage.py migrate, which installs them."
        )
    if settings.CACHE_CONSISTENCY == "push" and (silent := triggers_without_notify(connection)):
        yield (
            f"{len(silent)} triggers do not notify, first {silent[0]}: with CACHE_CONSISTENCY=push "
            "answers may be outdated. Run manage.py migrate, which installs them again."
        )
    if store.reachable is False:
        yield (
            f"The shared store is {store.detail}. Answers are still exact, but each process "
            "computes them for itself. Start the server, or correct REDIS_URL."
        )
    elif counters.breaker_open:
        yield (
            "A process does not use the shared store for some seconds, because it failed. If this "
            "stays, check the Redis server."
        )
    for view in views:
        for table, count in view.undeclared.items():
            yield (
                f"{view.view} reads {table} without declaring it: {count} answers were not "
                "stored. Add the model to its reads."
            )


def view_row(view: ViewFigures) -> dict[str, Any]:
    """Return a view with its shares of hits, and a bar of 100 units: (name, start, width)."""
    bar, start = [], 0.0
    for name, count in {**view.hits, "miss": view.misses}.items():
        width = 100 * count / view.lookups if view.lookups else 0
        if width:
            bar.append({"name": name, "start": round(start, 2), "width": round(width, 2)})
        start += width
    return {"figures": view, "shares": [view.share(layer) for layer in HITS], "bar": bar}


def list_dependencies(views: list[ViewFigures]) -> list[dict[str, Any]]:
    """Return a row for views with the same declaration, such as a list and its search."""
    groups: dict[Any, list[ViewFigures]] = {}
    for view in views:
        groups.setdefault((view.reads, view.ttl, view.scope, view.clock), []).append(view)
    rows = []
    for group in groups.values():
        # A label that ends with # is about the one row that the URL names.
        reads = [(label.rstrip("#"), label.endswith("#")) for label in group[0].reads]
        last = recent_changes.latest_change_of(label for label, _is_one_row in reads)
        rows.append(
            {
                "figures": group[0],
                "names": [view.view for view in group],
                "reads": reads,
                "last": describe_change(last) if last else None,
            }
        )
    return rows


def list_changes(counters: CacheCounters) -> list[dict[str, Any]]:
    return [
        {
            **describe_change(change),
            "count": change.count,
            "all": counters.invalidations[change.model],
        }
        for change in recent_changes.latest_changes()
    ]


def describe_change(change: RecentChange) -> dict[str, Any]:
    return {
        "model": change.model,
        "at": to_datetime(change.at),
        "age": time.time() - change.at,
    }


def to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
