"""The organization in which the risks live: people, categories, controls, assets.

What exists under its name already is used as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from random import Random
from uuid import UUID, uuid5

from openrisk.accounts.models import Membership, Organization, Role, User
from risks.demo.bulk_rows import Row, insert_rows
from risks.demo.lifecycles import weighted_choice
from risks.demo.topics import (
    FRAMEWORK,
    FRAMEWORK_DESCRIPTION,
    FRAMEWORK_EDITION,
    TOPICS,
)
from risks.demo.word_lists import CRITICALITY_WEIGHTS, MEMBERS, SITES
from risks.history import recorded
from risks.models import (
    Asset,
    AssetDependency,
    Category,
    Control,
    DependencyKind,
    Framework,
    Matrix,
)
from risks.services.matrix import matrix_of

MIN_ASSETS = 3 * len(TOPICS)
MAX_ASSETS = 2_000
RISKS_PER_ASSET = 20
DEPENDENCY_SHARE = 0.7
APPETITES = (16, 20, 25, 25, 20, None, 16)  # the highest acceptable score, in the order of TOPICS
CONTROL_STATUS_WEIGHTS = {
    "implemented": 45,
    "in_progress": 25,
    "not_implemented": 25,
    "not_applicable": 5,
}


@dataclass(frozen=True)
class NamedAsset:
    """An asset, and how a sentence names it: "the mail server in Porto"."""

    asset: Asset
    phrase: str


@dataclass
class ReferenceData:
    """`places` and `controls` are by topic, in the order of TOPICS."""

    organization: Organization
    seed: int
    today: datetime
    moments: Sequence[datetime]
    matrix: Matrix
    people: dict[str, User]
    categories: list[Category]
    controls: list[list[Control]]
    places: list[list[NamedAsset]]
    new_assets: list[Asset]

    @cached_property
    def owners(self) -> list[User]:
        return [self.people[topic.owner] for topic in TOPICS]

    def id(self, *about: object) -> UUID:
        """The same for the same seed at any time, so that a second run finds its own rows."""
        return _id(self.organization, self.seed, *about)

    def places_for(self, topic: int, risk: int) -> list[NamedAsset]:
        """Those that exist however many risks there are, as long as there is this one."""
        return self.places[topic][: asset_count(risk) // len(TOPICS)]


def _id(organization: Organization, seed: int, *about: object) -> UUID:
    return uuid5(organization.pk, "/".join(map(str, (seed, *about))))


def seeded_random(key: UUID) -> Random:
    """Numbers that are always the same for `key`."""
    return Random(key.int)  # noqa: S311  invents, protects nothing


def asset_count(risks: int) -> int:
    return min(MIN_ASSETS + risks // RISKS_PER_ASSET, MAX_ASSETS)


def create_reference_data(
    organization: Organization,
    *,
    seed: int,
    risks: int,
    today: datetime,
    moments: Sequence[datetime],
) -> ReferenceData:
    """Everything that `risks` risks need, created where it is missing."""
    with recorded(actor=None, comment="Demo data", at=moments[0]):
        people = _people(organization)
        places, new_assets = _places(organization, seed, risks, people, moments[0])
        return ReferenceData(
            organization=organization,
            seed=seed,
            today=today,
            moments=moments,
            matrix=matrix_of(organization),
            people=people,
            categories=_categories(organization),
            controls=_controls(organization, seed),
            places=places,
            new_assets=new_assets,
        )


def _people(organization: Organization) -> dict[str, User]:
    """Members without a password; the role of somebody who is a member already stays."""
    people = {}
    for address, name, role in MEMBERS:
        email = f"{address}@example.org"
        user = User.objects.filter(email__iexact=email).first()
        user = user or User.objects.create_user(email, name=name)
        Membership.objects.get_or_create(
            user=user, organization=organization, defaults={"role": Role(role)}
        )
        people[address] = user
    return people


def _categories(organization: Organization) -> list[Category]:
    return [
        Category.objects.get_or_create(
            organization=organization,
            name=topic.name,
            defaults={"description": topic.description, "appetite": appetite},
        )[0]
        for topic, appetite in zip(TOPICS, APPETITES, strict=True)
    ]


def _controls(organization: Organization, seed: int) -> list[list[Control]]:
    framework, _ = Framework.objects.get_or_create(
        organization=organization,
        name=FRAMEWORK,
        edition=FRAMEWORK_EDITION,
        defaults={"description": FRAMEWORK_DESCRIPTION},
    )
    present = {control.identifier: control for control in framework.controls.all()}
    random = seeded_random(_id(organization, seed, "controls"))
    for topic in TOPICS:
        parent = None
        for number, (title, text) in enumerate(topic.controls, 1):
            control = Control(
                organization=organization,
                framework=framework,
                identifier=f"{topic.prefix}-{number}",
                title=title,
                text=text,
                parent=parent,
                status=weighted_choice(random, CONTROL_STATUS_WEIGHTS),
            )
            control = present.setdefault(control.identifier, control)
            if control._state.adding:
                control.save()
            parent = parent or control
    return [
        [present[f"{topic.prefix}-{number}"] for number, _ in enumerate(topic.controls, 1)]
        for topic in TOPICS
    ]


# --- Assets --------------------------------------------------------------------------------------
@cache
def _kinds(topic: int) -> list[tuple[str, str, str]]:
    """(name, type, phrase) of every asset that a topic can have, in one mixed order."""
    kinds = [
        (f"{noun[0].upper()}{noun[1:]} ({site})", kind, f"the {noun} in {site}")
        for noun, kind in TOPICS[topic].assets
        for site in SITES
    ]
    seeded_random(UUID(int=topic)).shuffle(kinds)
    return kinds


def _places(
    organization: Organization, seed: int, risks: int, people: dict[str, User], at: datetime
) -> tuple[list[list[NamedAsset]], list[Asset]]:
    """The places by topic, and which of their assets are new."""
    names = dict(Asset.objects.for_organization(organization).values_list("name", "id"))
    present = {name.lower(): pk for name, pk in names.items()}
    known = Asset.objects.in_bulk(list(present.values()))
    random = seeded_random(_id(organization, seed, "assets"))
    places: list[list[NamedAsset]] = [[] for _ in TOPICS]
    created = []
    for number in range(asset_count(risks)):
        topic, rank = number % len(TOPICS), number // len(TOPICS)
        name, kind, phrase = _kinds(topic)[rank]
        owner = people[TOPICS[topic].owner] if random.random() < 0.8 else None
        asset = Asset(
            id=_id(organization, seed, "asset", number),
            organization=organization,
            name=name,
            type=kind,
            criticality=weighted_choice(random, CRITICALITY_WEIGHTS),
            owner=owner,
            created_at=at,
            updated_at=at,
        )
        if name.lower() in present:
            asset = known[present[name.lower()]]
        else:
            created.append(asset)
        places[topic].append(NamedAsset(asset, phrase))
    insert_rows(Asset, [vars(asset) for asset in created])
    insert_rows(AssetDependency, _dependencies(organization, seed, places, created))
    return places, created


def _dependencies(
    organization: Organization, seed: int, places: list[list[NamedAsset]], created: list[Asset]
) -> list[Row]:
    """Most new assets depend on one that stands before them in their topic."""
    random = seeded_random(_id(organization, seed, "dependencies"))
    new = {asset.pk for asset in created}
    return [
        {
            "id": _id(organization, seed, "dependency", place.asset.pk),
            "organization_id": organization.pk,
            "asset_id": place.asset.pk,
            "target_id": random.choice(row[:rank]).asset.pk,
            "kind": random.choice(DependencyKind.values),
        }
        for row in places
        for rank, place in enumerate(row)
        if rank and place.asset.pk in new and random.random() < DEPENDENCY_SHARE
    ]
