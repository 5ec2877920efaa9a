"""Merge an asset that is there twice into the one that stays, and take that back.

What is linked to the duplicate is added to the asset that stays; then the duplicate is deleted with
its own links, as deleted items keep them. Findings move, and those that both have are deleted on
the side of the duplicate. `MergeRecord` says what was added, so that an undo takes only that back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.accounts.models import User
from openrisk.database.labels import label_of_model
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import (
    Asset,
    AssetDependency,
    BillOfMaterials,
    DeletedItem,
    Finding,
    Provenance,
    RiskAsset,
)
from risks.services import rows
from risks.services.deletion import delete_rows
from risks.services.findings import compute_fingerprint
from risks.services.links import refresh_priority
from risks.services.workspace.deleted_items import restore_items

FIELDS = (
    *("name", "description", "type", "criticality", "owner", "external_id"),
    *("hostnames", "addresses"),
)
LISTS = ("hostnames", "addresses")
KEPT, MERGED, BOTH = "kept", "merged", "both"  # whose value a field gets
BATCH = 500

Dependency = tuple[UUID, UUID, str]  # asset, target, kind


@dataclass
class MergeRecord:
    """The ids of rows that a merge added to the asset that stays, or moved to it, as JSON.

    `findings_twice` are findings of the duplicate that the asset that stays has too, and
    `risks_given` those that got the risk of their twin. `fields` has the value before and after of
    each field of the asset that stays.
    """

    risks: list[str] = field(default_factory=list)
    dependencies: list[str] = field(default_factory=list)
    bills: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    findings_twice: list[str] = field(default_factory=list)
    risks_given: dict[str, str] = field(default_factory=dict)
    provenance: list[str] = field(default_factory=list)
    fields: dict[str, list[Any]] = field(default_factory=dict)


def differing_fields(kept: Asset, merged: Asset) -> list[str]:
    return [name for name in FIELDS if value_of(kept, name) != value_of(merged, name)]


def value_of(asset: Asset, name: str) -> Any:
    """Return the value of a field as JSON."""
    if name == "owner":
        return str(asset.owner_id) if asset.owner_id else None
    return getattr(asset, name)


def merge_asset(merged: Asset, kept: Asset, choices: Mapping[str, str]) -> dict[str, Any]:
    """Merge one asset into `kept`, and return the record as JSON.

    Call it inside `recorded` and `deleted_together`, with both locked. `choices` says whose value
    a field gets; without one it is that of `kept`.
    """
    record = MergeRecord()
    affected = set(
        RiskAsset.objects.filter(asset__in=(kept, merged)).values_list("risk", flat=True)
    )
    add_risks(record, merged, kept)
    add_dependencies(record, merged, kept)
    add_bills(record, merged, kept)
    move_findings(record, merged, kept)
    chosen = choose_values(merged, kept, choices)  # before the duplicate is gone
    delete_rows([merged])
    move_provenance(record, merged, kept)
    if chosen:
        record.fields = {
            name: [value_of(kept, name), plain_value(value)] for name, value in chosen.items()
        }
    rows.save_fields(kept, chosen)
    refresh_priority(kept.organization, affected)
    return asdict(record)


def plain_value(value: Any) -> Any:
    return str(value.pk) if isinstance(value, User) else value


def choose_values(merged: Asset, kept: Asset, choices: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of `kept` that get another value."""
    chosen: dict[str, Any] = {}
    for name in differing_fields(kept, merged):
        choice = choices.get(name, KEPT)
        if choice == MERGED:
            chosen[name] = getattr(merged, name)
        elif choice == BOTH and name in LISTS:
            chosen[name] = list(dict.fromkeys([*getattr(kept, name), *getattr(merged, name)]))
    return {
        name: value for name, value in chosen.items() if plain_value(value) != value_of(kept, name)
    }


# --- What is linked


def add_risks(record: MergeRecord, merged: Asset, kept: Asset) -> None:
    present = RiskAsset.objects.filter(asset=kept).values("risk")
    links = RiskAsset.objects.filter(asset=merged).exclude(risk__in=present)
    added = [
        RiskAsset(organization_id=kept.organization_id, risk_id=risk, asset=kept)
        for risk in links.order_by("id").values_list("risk", flat=True)
    ]
    RiskAsset.objects.bulk_create(added, batch_size=BATCH)
    record.risks = [str(link.pk) for link in added]


def add_dependencies(record: MergeRecord, merged: Asset, kept: Asset) -> None:
    """Give `kept` the dependencies of both; one between the two goes with the duplicate."""
    present = set(list_dependencies(kept))
    added = [
        AssetDependency(
            organization_id=kept.organization_id, asset_id=asset, target_id=target, kind=kind
        )
        for asset, target, kind in dict.fromkeys(dependencies_as_of(merged, kept))
        if (asset, target, kind) not in present
    ]
    AssetDependency.objects.bulk_create(added, batch_size=BATCH)
    record.dependencies = [str(link.pk) for link in added]


def list_dependencies(asset: Asset) -> Iterable[Dependency]:
    links = AssetDependency.objects.filter(Q(asset=asset) | Q(target=asset)).order_by("id")
    return links.values_list("asset", "target", "kind")


def dependencies_as_of(merged: Asset, kept: Asset) -> list[Dependency]:
    """Return the dependencies of the duplicate as those of `kept`, without one between the two."""
    replaced = {merged.pk: kept.pk}
    links = [
        (replaced.get(asset, asset), replaced.get(target, target), kind)
        for asset, target, kind in list_dependencies(merged)
    ]
    return [(asset, target, kind) for asset, target, kind in links if asset != target]


def add_bills(record: MergeRecord, merged: Asset, kept: Asset) -> None:
    names = ("serial_number", "bill_version", "product")
    present = set(BillOfMaterials.objects.filter(asset=kept).values_list(*names))
    added = [
        BillOfMaterials(
            organization_id=kept.organization_id,
            asset=kept,
            **{name: getattr(bill, name) for name in (*names, "subject", "components", "seen_at")},
        )
        for bill in BillOfMaterials.objects.filter(asset=merged).order_by("id")
        if tuple(getattr(bill, name) for name in names) not in present
    ]
    BillOfMaterials.objects.bulk_create(added, batch_size=BATCH)
    record.bills = [str(bill.pk) for bill in added]


def move_findings(record: MergeRecord, merged: Asset, kept: Asset) -> None:
    """Move the findings; one that `kept` has too is deleted, and its risk goes to the other."""
    own = {row.fingerprint: row for row in Finding.objects.filter(asset=kept)}
    moved, twice, given = [], [], []
    for finding in Finding.objects.filter(asset=merged).select_for_update(of=("self",)):
        fingerprint = fingerprint_on(finding, kept)
        same = own.get(fingerprint)
        if same is None:
            moved.append(finding)
            continue
        twice.append(finding)
        if finding.risk_id and not same.risk_id:
            same.risk_id = finding.risk_id
            given.append(same)
    set_asset(moved, kept)
    for same in given:
        same.version += 1
        same.updated_at = timezone.now()
    Finding.objects.bulk_update(given, ["risk", "version", "updated_at"], batch_size=BATCH)
    delete_rows(twice)
    record.findings = [str(finding.pk) for finding in moved]
    record.findings_twice = [str(finding.pk) for finding in twice]
    record.risks_given = {str(same.pk): str(same.risk_id) for same in given}


def fingerprint_on(finding: Finding, asset: Asset) -> str:
    return compute_fingerprint(
        tool=finding.tool, rule=finding.rule, asset=asset, location=finding.location
    )


def set_asset(findings: Sequence[Finding], asset: Asset) -> None:
    for finding in findings:
        finding.asset, finding.fingerprint = asset, fingerprint_on(finding, asset)
        finding.version += 1
        finding.updated_at = timezone.now()
    columns = ["asset", "fingerprint", "version", "updated_at"]
    Finding.objects.bulk_update(findings, columns, batch_size=BATCH)


def move_provenance(record: MergeRecord, merged: Asset, kept: Asset) -> None:
    """Let sources that know the duplicate by their own name find `kept` at their next import."""
    label = label_of_model(Asset)
    known = set(
        Provenance.objects.filter(model=label, object_id=kept.pk).values_list(
            "source", "source_name"
        )
    )
    own = Provenance.objects.filter(model=label, object_id=merged.pk)
    ids = [row.pk for row in own if (row.source, row.source_name) not in known]
    Provenance.objects.filter(pk__in=ids).update(object_id=kept.pk)
    record.provenance = [str(pk) for pk in ids]


# --- Before it is done


def describe_merge(merged: Asset, kept: Asset) -> list[str]:
    """Return sentences on what a merge would move, and where the two differ."""
    risks = RiskAsset.objects.filter(asset=merged).count()
    findings = list(Finding.objects.filter(asset=merged))
    own = set(Finding.objects.filter(asset=kept).values_list("fingerprint", flat=True))
    twice = sum(fingerprint_on(finding, kept) in own for finding in findings)
    bills = BillOfMaterials.objects.filter(asset=merged).count()
    sentences = []
    for text, count in (
        (ngettext("%(count)s risk moves.", "%(count)s risks move.", risks), risks),
        (
            ngettext("%(count)s finding moves.", "%(count)s findings move.", len(findings) - twice),
            len(findings) - twice,
        ),
        (
            ngettext(
                "%(count)s finding is on both and is kept once, on the asset that stays.",
                "%(count)s findings are on both and are kept once, on the asset that stays.",
                twice,
            ),
            twice,
        ),
        (
            ngettext(
                "%(count)s bill of materials moves.", "%(count)s bills of materials move.", bills
            ),
            bills,
        ),
    ):
        if count:
            sentences.append(text % {"count": f"{count:,}"})
    return [*sentences, *describe_dependencies(merged, kept)]


def describe_dependencies(merged: Asset, kept: Asset) -> list[str]:
    """Return a sentence where the two have different dependencies."""
    own = set(list_dependencies(kept))
    count = len(set(dependencies_as_of(merged, kept)) - own)
    if not count:
        return []
    if not own:
        text = ngettext("%(count)s dependency moves.", "%(count)s dependencies move.", count)
    else:
        text = ngettext(
            "The two have different dependencies. The asset that stays gets those of both: "
            "%(count)s is added.",
            "The two have different dependencies. The asset that stays gets those of both: "
            "%(count)s are added.",
            count,
        )
    return [text % {"count": f"{count:,}"}]


# --- Undo


def undo_merge(
    *, actor: User | None, merged_id: UUID, kept_id: UUID, batch: UUID, record: dict[str, Any]
) -> None:
    """Restore the duplicate with all that was linked to it, and take what was added away again.

    Raises Conflict where the duplicate cannot be restored. What someone has changed since stays.
    """
    merge = MergeRecord(**record)
    with transaction.atomic(), recorded(actor=actor):
        kept = Asset.objects.select_for_update(of=("self",)).filter(pk=kept_id).first()
        affected = set(RiskAsset.objects.filter(asset=kept_id).values_list("risk", flat=True))
        if kept is not None:
            restore_fields(kept, merge.fields)
        RiskAsset.objects.filter(pk__in=merge.risks, asset=kept_id).delete()
        AssetDependency.objects.filter(pk__in=merge.dependencies).delete()
        BillOfMaterials.objects.filter(pk__in=merge.bills, asset=kept_id).delete()
        for pk, risk in merge.risks_given.items():
            Finding.objects.filter(pk=pk, risk=UUID(risk)).update(
                risk=None, version=F("version") + 1, updated_at=timezone.now()
            )
        items = list(
            DeletedItem.objects.waiting(timezone.now()).filter(
                batch=batch, object_id__in=[merged_id, *merge.findings_twice]
            )
        )
        if all(item.object_id != merged_id for item in items):
            raise Conflict(_("It was restored before, or deleted for good."))
        restore_items(actor=actor, items=items)
        merged = Asset.objects.select_related("organization").get(pk=merged_id)
        moved = Finding.objects.filter(pk__in=merge.findings, asset=kept_id)
        set_asset(list(moved.select_for_update(of=("self",))), merged)
        Provenance.objects.filter(pk__in=merge.provenance, object_id=kept_id).update(
            object_id=merged_id
        )
        affected |= set(RiskAsset.objects.filter(asset=merged).values_list("risk", flat=True))
        refresh_priority(merged.organization, affected)


def restore_fields(kept: Asset, fields: Mapping[str, Sequence[Any]]) -> None:
    """Give fields their former values, where no one has changed them since."""
    former: dict[str, Any] = {}
    for name, (before, after) in fields.items():
        if value_of(kept, name) != after:
            continue
        former[name] = User.objects.filter(pk=before).first() if name == "owner" else before
    if former:
        rows.save_fields(kept, former)
