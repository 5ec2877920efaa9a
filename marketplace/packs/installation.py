"""Packs in an organization: previewed, installed, upgraded, rolled back."""

from collections import Counter
from typing import IO, Any

from django.db.models import QuerySet
from django.utils import timezone

from marketplace.models import InstalledPack, PackChange, PackStatus, TrustedPublisher
from marketplace.packs.archive import Pack, Trust, open_pack, shipped_packs
from marketplace.packs.manifest import BadPack, Manifest, is_version_in_range, version_key
from marketplace.packs.to_records import build_records
from openrisk import __version__
from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.import_runs import lifecycle, undo
from risks.models import ImportRun, Matrix, Provenance, Risk, RunStatus, Source, Status
from risks.services import rows
from risks.services.matrix import matrix_of, update_matrix

# What to know before a step that is hard to take back.
UNINSTALL_WARNING = (
    "Its content stays in the register and belongs to you. You can remove it afterwards too: roll "
    "back does so, on the page of the pack."
)
ROLL_BACK_WARNING = (
    "What the last change of the pack created is deleted, and what it changed is as it was before. "
    "It is refused where someone has edited that since."
)


def open_uploaded_pack(file: IO[bytes]) -> Pack:
    """Raises BadPack."""
    keys = dict(TrustedPublisher.objects.values_list("key", "name"))
    return open_pack(file, keys)


def shipped_pack(pack: str) -> Pack:
    """Raises BadPack."""
    found = shipped_packs()
    if pack not in found:
        raise BadPack(f"No pack {pack[:100]} comes with OpenRisk. There are: {', '.join(found)}.")
    return found[pack]


def preview_pack(
    *,
    actor: User | None,
    organization: Organization,
    pack: Pack,
    allow_unsigned: bool = False,
) -> PackChange:
    """What installing or upgrading to this version would do. Raises BadPack and Conflict."""
    manifest = pack.manifest
    _check(organization, pack, allow_unsigned)
    with recorded(actor=actor):
        installed, _ = InstalledPack.objects.get_or_create(
            organization=organization,
            pack=manifest.id,
            defaults={
                "name": manifest.name,
                "publisher": manifest.publisher,
                "licence": manifest.licence,
                "trust": pack.trust.value,
                "status": PackStatus.UNINSTALLED.value,
            },
        )
        run = ImportRun(
            organization=organization,
            source=Source.PACK,
            source_name=manifest.id,
            file_name=f"{manifest.name} {manifest.version}",
        )
        run = lifecycle.start_run(actor=actor, run=run, records=build_records(pack.contents))
        return PackChange.objects.create(
            organization=organization,
            installed=installed,
            pack_version=manifest.version,
            trust=pack.trust.value,
            signed_by=pack.signed_by,
            contents=pack.contents,
            actor=actor,
            import_run=run,
        )


def require_core(manifest: Manifest) -> None:
    """Raises BadPack where the pack is not for this version of OpenRisk."""
    if not is_version_in_range(__version__, manifest.core):
        raise BadPack(
            f"It is for OpenRisk {manifest.core}; this is {__version__}. Its `core` is a range of "
            "versions, such as >=0.1,<2."
        )


def _check(organization: Organization, pack: Pack, allow_unsigned: bool) -> None:
    manifest = pack.manifest
    if pack.trust == Trust.UNSIGNED and not allow_unsigned:
        raise Conflict(f"{pack.note} Install it only if you know where it is from: allow_unsigned.")
    require_core(manifest)
    installed = {
        one.pack: one
        for one in InstalledPack.objects.for_organization(organization)
        if one.status == PackStatus.INSTALLED
    }
    versions = {name: one.pack_version for name, one in installed.items()}
    for name, wanted in manifest.requires.items():
        if name not in versions or not is_version_in_range(versions[name], wanted):
            raise Conflict(f"It requires the pack {name} {wanted}. Install that first.")
    signer = installed[manifest.id].signed_by if manifest.id in installed else ""
    if signer and pack.signed_by != signer:
        raise Conflict(
            f"What is installed was signed by {signer}, and this was not. Uninstall that first, if "
            "you mean to take the pack from somebody else."
        )
    present = versions.get(manifest.id)
    if present and version_key(manifest.version) < version_key(present):
        raise Conflict(
            f"Version {present} is installed, which is newer. Roll that back, to go back."
        )


def apply_change(*, actor: User | None, change: PackChange) -> PackChange:
    """Carry the change out as it was previewed; what people edited stays theirs."""
    with recorded(actor=actor, comment=f"Pack {change.installed.name} {change.pack_version}"):
        change = PackChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
        if change.import_run is None or change.import_run.status != RunStatus.PREVIEWED:
            raise Conflict("This change was carried out or taken back already.")
        change.import_run = lifecycle.apply_run(actor=actor, run=change.import_run)
        change.applied_at = timezone.now()
        change.save(update_fields=["applied_at"])
        _note(change.installed, change)
    return change


def _note(installed: InstalledPack, change: PackChange | None) -> None:
    """That the pack is at the version of `change`, or gone."""
    fields = {
        "pack_version": change.pack_version if change else "",
        "trust": change.trust if change else "",
        "signed_by": change.signed_by if change else "",
        "status": (PackStatus.INSTALLED if change else PackStatus.UNINSTALLED).value,
    }
    rows.save_fields(rows.lock_for_update(installed), fields)


def roll_back_pack(*, actor: User | None, installed: InstalledPack) -> InstalledPack:
    """Take the last change back: to the version before, or to none. Of a pack that is uninstalled
    all changes are taken back, so that nothing of it is left.

    Conflict, with the edits, where someone has edited what it wrote.
    """
    with recorded(actor=actor, comment=f"Roll back of {installed.name}"):
        installed = rows.lock_for_update(installed)
        changes = list(applied_changes(installed))
        if not changes:
            raise Conflict("Nothing of this pack is in the register any more.")
        is_installed = installed.status == PackStatus.INSTALLED
        undone, left = (changes[:1], changes[1:]) if is_installed else (changes, [])
        for change in undone:
            undo.undo_run(actor=actor, run=change.import_run)  # type: ignore[arg-type]  # it was applied
        _note(installed, left[0] if left else None)
    installed.refresh_from_db()
    return installed


def applied_changes(installed: InstalledPack) -> QuerySet[PackChange]:
    """Those that can be rolled back, the latest first."""
    changes = PackChange.objects.filter(installed=installed, import_run__status=RunStatus.APPLIED)
    return changes.select_related("import_run").order_by("-applied_at", "-id")


def uninstall_pack(*, actor: User | None, installed: InstalledPack) -> dict[str, int]:
    """Forget the pack; its content belongs to the organization and stays. Returns what stays.

    `roll_back` can still remove that afterwards.
    """
    with recorded(actor=actor):
        found = rows.lock_for_update(installed)
        if found.status != PackStatus.INSTALLED:
            raise Conflict("This pack is not installed.")
        _note(found, None)
    return count_content(installed)


def count_content(installed: InstalledPack) -> dict[str, int]:
    """How many objects of each model the pack has written and that are still there."""
    written = Provenance.objects.for_organization(installed.organization).filter(
        source=Source.PACK, source_name=installed.pack
    )
    return dict(Counter(written.values_list("model", flat=True)))


def count_drafts(organization: Organization, pack: str) -> int:
    """How many risks of the pack are drafts still, which no figure counts."""
    risks = Risk.objects.for_organization(organization).filter(status=Status.DRAFT)
    return risks.filter(source=Source.PACK, source_name=pack).count()


def list_matrices(installed: InstalledPack) -> list[dict[str, Any]]:
    """Those of the version that is installed."""
    latest = (
        PackChange.objects.filter(
            installed=installed, pack_version=installed.pack_version, applied_at__isnull=False
        )
        .order_by("-applied_at")
        .first()
    )
    contents = latest.contents if latest else []
    return [m for kind, value in contents if kind == "matrices" for m in value["matrices"]]


def use_matrix(*, actor: User | None, installed: InstalledPack, matrix: str) -> Matrix:
    """Re-band the register by one of the pack's matrices."""
    found = next((m for m in list_matrices(installed) if m["id"] == matrix), None)
    if found is None:
        known = ", ".join(m["id"] for m in list_matrices(installed)) or "none"
        raise rows.field_error("matrix", f"This pack has no such matrix. It has: {known}.")
    fields = {name: found[name] for name in ("levels", "likelihood_labels", "impact_labels")}
    present = matrix_of(installed.organization)
    return update_matrix(actor=actor, instance=present, **fields)
