"""Creates what the risks of an organization refer to: people, categories, controls, assets.

A row that exists under its name is used as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from random import Random
from uuid import UUID, uuid5

from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.text.names import name_key
from risks.demo.bulk_rows import Row, insert_rows
from risks.demo.lifecycles import weighted_choice
from risks.demo.topics import (
    FRAMEWORK,
    FRAMEWORK_DESCRIPTION,
    FRAMEWORK_EDITION,
    TOPICS,
)
from risks.demo.word_lists import CRITICALITY_WEIGHTS, MEMBERS, SITES
from risks.demo.written.reading import written_assets, written_risks
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
APPETITES = (12, 15, 15, 9, 12, None, 12)  # the highest acceptable score, in the order of TOPICS
CONTROL_STATUS_WEIGHTS = {
    "implemented": 45,
    "in_progress": 25,
    "not_implemented": 25,
    "not_applicable": 5,
}


@dataclass(frozen=True)
class NamedAsset:
    """An asset of the load data, and its name in a sentence: "the mail server of site 12"."""

    asset: Asset
    phrase: str


@dataclass
class ReferenceData:
    """`assets` (of the load data) and `controls` are grouped by topic, in the order of TOPICS;
    `written_assets` are by name."""

    organization: Organization
    seed: int
    today: datetime
    moments: Sequence[datetime]
    matrix: Matrix
    people: dict[str, User]
    categories: list[Category]
    controls: list[list[Control]]
    written_assets: dict[str, Asset]
    assets: list[list[NamedAsset]]
    new_assets: list[Asset]

    @cached_property
    def owners(self) -> list[User]:
        return [self.people[topic.owner] for topic in TOPICS]

    def id_for(self, *names: object) -> UUID:
        """The same for the same seed at any time, so that a second run finds its own rows."""
        return stable_id(self.organization, self.seed, *names)

    def assets_for(self, topic: int, risk: int) -> list[NamedAsset]:
        """The assets that exist however many risks there are, as long as there is this one."""
        return self.assets[topic][: count_assets(risk + 1) // len(TOPICS)]


def stable_id(organization: Organization, seed: int, *names: object) -> UUID:
    return uuid5(organization.pk, "/".join(map(str, (seed, *names))))


def seeded_random(key: UUID) -> Random:
    """Random numbers that are always the same for `key`."""
    return Random(key.int)  # noqa: S311  invents, protects nothing


def count_assets(risks: int) -> int:
    """Return the number of assets of the load data; the written risks have their own."""
    if risks <= len(written_risks()):
        return 0
    return min(MIN_ASSETS + risks // RISKS_PER_ASSET, MAX_ASSETS)


def create_reference_data(
    organization: Organization,
    *,
    seed: int,
    risks: int,
    today: datetime,
    moments: Sequence[datetime],
) -> ReferenceData:
    """Create what is missing of the rows that `risks` risks refer to, and return all of them."""
    with recorded(actor=None, comment="Demo data", at=moments[0]):
        people = create_members(organization)
        written, new_assets = create_written_assets(organization, seed, people, moments[0])
        assets, new_load_assets = create_assets(organization, seed, risks, people, moments[0])
        new_assets += new_load_assets
        return ReferenceData(
            organization=organization,
            seed=seed,
            today=today,
            moments=moments,
            matrix=matrix_of(organization),
            people=people,
            categories=create_categories(organization, people),
            controls=create_controls(organization, seed),
            written_assets=written,
            assets=assets,
            new_assets=new_assets,
        )


def create_members(organization: Organization) -> dict[str, User]:
    """Members without a password; someone who is a member already keeps their role."""
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


def create_categories(organization: Organization, people: dict[str, User]) -> list[Category]:
    return [
        Category.objects.get_or_create(
            organization=organization,
            name=topic.name,
            defaults={
                "description": topic.description,
                "appetite": appetite,
                "owner": people[topic.owner],
            },
        )[0]
        for topic, appetite in zip(TOPICS, APPETITES, strict=True)
    ]


def create_controls(organization: Organization, seed: int) -> list[list[Control]]:
    framework, _ = Framework.objects.get_or_create(
        organization=organization,
        name=FRAMEWORK,
        edition=FRAMEWORK_EDITION,
        defaults={"description": FRAMEWORK_DESCRIPTION},
    )
    present = {control.identifier: control for control in framework.controls.all()}
    random = seeded_random(stable_id(organization, seed, "controls"))
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
def possible_assets(topic: int) -> list[tuple[str, str, str]]:
    """(name, type, phrase) of every asset that a topic can have, in one mixed order."""
    assets = [
        (f"{noun[0].upper()}{noun[1:]} ({site})", kind, f"the {noun} of {site}")
        for noun, kind in TOPICS[topic].assets
        for site in SITES
    ]
    seeded_random(UUID(int=topic)).shuffle(assets)
    return assets


def create_written_assets(
    organization: Organization, seed: int, people: dict[str, User], at: datetime
) -> tuple[dict[str, Asset], list[Asset]]:
    """Return the assets of the written risks by name, and those of them that are new."""
    present = {
        asset.name_key: asset
        for asset in Asset.objects.for_organization(organization).filter(
            name_key__in=[name_key(written.name) for written in written_assets()]
        )
    }
    assets, created, needs = {}, [], []
    for written in written_assets():
        asset = present.get(name_key(written.name))
        if asset is None:
            asset = Asset(
                id=stable_id(organization, seed, "asset", written.name),
                organization=organization,
                name=written.name,
                name_key=name_key(written.name),
                type=written.type,
                criticality=written.criticality,
                owner=people[written.owner],
                created_at=at,
                updated_at=at,
            )
            created.append(asset)
            needs += [(written.name, name) for name in written.needs]
        assets[written.name] = asset
    insert_rows(Asset, [vars(asset) for asset in created])
    insert_rows(
        AssetDependency,
        [
            {
                "id": stable_id(organization, seed, "dependency", name, needed),
                "organization_id": organization.pk,
                "asset_id": assets[name].pk,
                "target_id": assets[needed].pk,
                "kind": DependencyKind.DEPENDS_ON.value,
            }
            for name, needed in needs
        ],
    )
    return assets, created


def create_assets(
    organization: Organization, seed: int, risks: int, people: dict[str, User], at: datetime
) -> tuple[list[list[NamedAsset]], list[Asset]]:
    """Return the assets by topic, and those of them that are new."""
    names = dict(Asset.objects.for_organization(organization).values_list("name", "id"))
    present = {name_key(name): pk for name, pk in names.items()}
    known = Asset.objects.in_bulk(list(present.values()))
    random = seeded_random(stable_id(organization, seed, "assets"))
    assets: list[list[NamedAsset]] = [[] for _ in TOPICS]
    created = []
    for number in range(count_assets(risks)):
        topic, rank = number % len(TOPICS), number // len(TOPICS)
        name, kind, phrase = possible_assets(topic)[rank]
        owner = people[TOPICS[topic].owner] if random.random() < 0.8 else None
        asset = Asset(
            id=stable_id(organization, seed, "asset", number),
            organization=organization,
            name=name,
            name_key=name_key(name),
            type=kind,
            criticality=weighted_choice(random, CRITICALITY_WEIGHTS),
            owner=owner,
            created_at=at,
            updated_at=at,
        )
        if name_key(name) in present:
            asset = known[present[name_key(name)]]
        else:
            created.append(asset)
        assets[topic].append(NamedAsset(asset, phrase))
    insert_rows(Asset, [vars(asset) for asset in created])
    insert_rows(AssetDependency, invent_dependencies(organization, seed, assets, created))
    return assets, created


def invent_dependencies(
    organization: Organization, seed: int, assets: list[list[NamedAsset]], created: list[Asset]
) -> list[Row]:
    """Most new assets depend on an earlier one of their topic."""
    random = seeded_random(stable_id(organization, seed, "dependencies"))
    new = {asset.pk for asset in created}
    return [
        {
            "id": stable_id(organization, seed, "dependency", named.asset.pk),
            "organization_id": organization.pk,
            "asset_id": named.asset.pk,
            "target_id": random.choice(topic_assets[:rank]).asset.pk,
            "kind": random.choice(DependencyKind.values),
        }
        for topic_assets in assets
        for rank, named in enumerate(topic_assets)
        if rank and named.asset.pk in new and random.random() < DEPENDENCY_SHARE
    ]
