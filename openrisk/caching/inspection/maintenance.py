"""Work of operators on the cache: make models stale, fill the shared store."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from uuid import UUID

from django.db import connection, transaction
from django.urls import get_resolver

from openrisk.caching.decorators import declarations
from openrisk.caching.freshness import tag_versions
from openrisk.caching.freshness.registry import (
    TrackedModel,
    as_tag_text,
    tracked_model,
    tracked_models,
    with_column_groups,
)
from openrisk.caching.inspection import simulation
from openrisk.caching.principals import ImpersonatedUser


class UnknownPattern(LookupError):
    """No tracked model matches; the message lists them all."""


# --- Making stale -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Invalidation:
    """The tags that got new versions, or would get them; `views` read one of the models."""

    models: tuple[str, ...]
    tags: tuple[str, ...]
    views: tuple[str, ...]


def match_models(patterns: Iterable[str]) -> list[TrackedModel]:
    """The tracked models whose label any of the globs matches. Raises UnknownPattern."""
    known = {model.label: model for model in tracked_models() if not model.group}
    matches: dict[str, TrackedModel] = {}
    for pattern in patterns:
        labels = [label for label in sorted(known) if fnmatchcase(label, pattern.lower())]
        if not labels:
            raise UnknownPattern(
                f"{pattern} matches no model that the cache tracks. Known: "
                f"{', '.join(sorted(known))}."
            )
        matches |= {label: known[label] for label in labels}
    return list(matches.values())


def tags_to_bump(model: TrackedModel, organization_id: UUID | None) -> set[str]:
    """The tags that make all of the model stale; with an organization, as few others as possible.

    A row's own tag does not say its organization, so pages of single rows become stale for all.
    """
    whole = organization_id is None or model.organization_column is None
    owner = "*" if whole else as_tag_text(organization_id)
    tags = {f"{group.label}:{owner}" for group in with_column_groups(model.model)}
    return tags | {f"{model.label}#*"} if model.row_key else tags


def invalidate_models(
    models: Iterable[TrackedModel], organization_id: UUID | None = None, *, dry_run: bool = False
) -> Invalidation:
    """Give each of the tags a new version, in one statement: all that depends on them is stale."""
    models = list(models)
    tags = sorted({tag for model in models for tag in tags_to_bump(model, organization_id)})
    with transaction.atomic():
        tag_versions.bump(tags, connection)
        transaction.set_rollback(dry_run)
    labels = {model.label for model in models}
    get_resolver().url_patterns  # noqa: B018  imports the views, which declare themselves
    views = {
        name
        for name, declaration in declarations.items()
        if labels & {tracked_model(model).label for model in declaration.models_read}
    }
    return Invalidation(tuple(sorted(labels)), tuple(tags), tuple(sorted(views)))


# --- Filling ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class WarmedUrl:
    """A URL that was requested for one user: the result in X-Cache, and the status."""

    url: str
    person: str
    result: str  # HIT, MISS, BYPASS; empty if no cached view answered
    status: int

    @property
    def is_cached(self) -> bool:
        return self.status == 200 and self.result in ("HIT", "MISS", "STALE")


def warm_urls(urls: Iterable[str], user: ImpersonatedUser, *, base: str) -> Iterator[WarmedUrl]:
    """Request each URL for that user. Raises BadUrl before anything is requested."""
    urls = list(urls) or simulation.cached_list_paths()
    requests = [simulation.build_request(url, base) for url in urls]
    for url, request in zip(urls, requests, strict=True):
        response = simulation.send_request(request, user)
        result = response.headers.get("X-Cache", "")
        yield WarmedUrl(url, str(user), result, response.status_code)
