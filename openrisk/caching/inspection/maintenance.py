"""What operators do to the cache: make models stale, fill the shared store."""

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
    """What was, or would be, left: `views` are those that read one of the models."""

    models: tuple[str, ...]
    tags: tuple[str, ...]
    views: tuple[str, ...]


def match_models(patterns: Iterable[str]) -> list[TrackedModel]:
    """The tracked models whose label any of the globs matches. Raises UnknownPattern."""
    known = {model.label: model for model in tracked_models() if not model.group}
    found: dict[str, TrackedModel] = {}
    for pattern in patterns:
        labels = [label for label in sorted(known) if fnmatchcase(label, pattern.lower())]
        if not labels:
            raise UnknownPattern(
                f"{pattern} matches no model that the cache tracks. Known: "
                f"{', '.join(sorted(known))}."
            )
        found |= {label: known[label] for label in labels}
    return list(found.values())


def tags_to_bump(model: TrackedModel, organization_id: UUID | None) -> set[str]:
    """What makes all of the model stale; with an organization no more than needed of the others.

    A row's own tag says nothing of its organization, so pages of single rows go stale for all.
    """
    whole = organization_id is None or model.organization_column is None
    which = "*" if whole else as_tag_text(organization_id)
    rows = {f"{model.label}#*"} if model.row_key else set()
    return rows | {f"{part.label}:{which}" for part in with_column_groups(model.model)}


def invalidate_models(
    models: Iterable[TrackedModel], organization_id: UUID | None = None, *, dry_run: bool = False
) -> Invalidation:
    """Leave a token for each of the tags, in one statement; what depends on them is stale."""
    found = list(models)
    tags = sorted({tag for model in found for tag in tags_to_bump(model, organization_id)})
    with transaction.atomic():
        tag_versions.bump(tags, connection)
        transaction.set_rollback(dry_run)
    labels = {model.label for model in found}
    return Invalidation(tuple(sorted(labels)), tuple(tags), tuple(sorted(_views(labels))))


def _views(labels: set[str]) -> Iterator[str]:
    get_resolver().url_patterns  # noqa: B018  imports the views, which declare themselves
    for name, declared in declarations.items():
        if labels & {tracked_model(model).label for model in declared.models_read}:
            yield name


# --- Filling ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class WarmedUrl:
    """One URL asked for one person: what the cache said, and the status."""

    url: str
    person: str
    result: str  # HIT, MISS, BYPASS; empty where nothing cached answered
    status: int

    @property
    def ok(self) -> bool:
        return self.status == 200 and self.result in ("HIT", "MISS", "STALE")


def warm_urls(urls: Iterable[str], person: ImpersonatedUser, *, base: str) -> Iterator[WarmedUrl]:
    """Ask each URL for that person. Raises BadUrl before anything is asked."""
    asked = list(urls) or simulation.cached_list_paths()
    for url in asked:
        simulation.build_request(url, base)
    for url in asked:
        response = simulation.send_request(simulation.build_request(url, base), person)
        result = response.headers.get("X-Cache", "")
        yield WarmedUrl(url, str(person), result, response.status_code)
