"""The life of a pack in an organization: previewed, installed, upgraded, rolled back."""

from collections import Counter
from typing import IO, Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.models import InstalledPack, PackChange, PackStatus, TrustedPublisher
from marketplace.packs.archive import Pack, Trust, open_pack, shipped_packs
from marketplace.packs.errors import BadPack
from marketplace.packs.manifest import Manifest
from marketplace.packs.to_records import build_records
from marketplace.packs.versions import is_version_in_range, version_key
from openrisk import __version__
from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.import_runs import lifecycle, undo
from risks.models import ImportRun, Matrix, Provenance, Risk, RunStatus, Source, Status
from risks.services import rows
from risks.services.matrix import matrix_of, propose_map, update_matrix

# What to know before a step that is hard to take back.
UNINSTALL_WARNING = (
    "Its content stays in the register and belongs to you. You can also remove it later: roll back "
    "on the page of the pack."
)
ROLL_BACK_WARNING = (
    "What the last change of the pack created is deleted, and what it changed gets its old values "
    "back. This is not possible once someone has edited any of it."
)


def open_uploaded_pack(file: IO[bytes]) -> Pack:
    """Open a pack, with the trusted publishers of this installation. Raises BadPack."""
    keys = dict(TrustedPublisher.objects.values_list("key", "name"))
    return open_pack(file, keys)


def shipped_pack(pack: str) -> Pack:
    """The pack with this id that comes with OpenRisk. Raises BadPack."""
    packs = shipped_packs()
    if pack not in packs:
        known = ", ".join(packs)
        raise BadPack(f"No pack {pack[:100]} comes with OpenRisk. Choose one of: {known}.")
    return packs[pack]


def preview_pack(
    *,
    actor: User | None,
    organization: Organization,
    pack: Pack,
    allow_unsigned: bool = False,
) -> PackChange:
    """Preview an installation or upgrade to this version. Raises BadPack and Conflict."""
    manifest = pack.manifest
    check_installable(organization, pack, allow_unsigned)
    with recorded(actor=actor):
        installed, _created = InstalledPack.objects.get_or_create(
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
        records = build_records(pack.contents, matrix_of(organization))
        run = lifecycle.start_run(actor=actor, run=run, records=records)
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


def require_core_version(manifest: Manifest) -> None:
    """Raise BadPack if the pack is not for this version of OpenRisk."""
    if not is_version_in_range(__version__, manifest.core):
        raise BadPack(
            f"The pack is for OpenRisk {manifest.core}; this is {__version__}. Its `core` is a "
            "range of versions, such as >=0.1,<2."
        )


def check_installable(organization: Organization, pack: Pack, allow_unsigned: bool) -> None:
    manifest = pack.manifest
    if pack.trust == Trust.UNSIGNED and not allow_unsigned:
        raise Conflict(
            _("%(note)s Install it only if you know where it is from: allow_unsigned.")
            % {"note": pack.note}
        )
    require_core_version(manifest)
    packs = InstalledPack.objects.for_organization(organization)
    installed = {row.pack: row for row in packs if row.status == PackStatus.INSTALLED}
    for name, version_range in manifest.requires.items():
        required = installed.get(name)
        if required is None or not is_version_in_range(required.pack_version, version_range):
            raise Conflict(
                _("It requires the pack %(name)s %(version_range)s. Install that first.")
                % {"name": name, "version_range": version_range}
            )
    present = installed.get(manifest.id)
    if present is None:
        return
    if present.signed_by and pack.signed_by != present.signed_by:
        raise Conflict(
            _(
                "The installed version was signed by %(signed_by)s, and this one was "
                "not. Uninstall that version first if you want the pack from someone "
                "else."
            )
            % {"signed_by": present.signed_by}
        )
    if version_key(manifest.version) < version_key(present.pack_version):
        raise Conflict(
            _("The newer version %(pack_version)s is installed. Roll it back to go back.")
            % {"pack_version": present.pack_version}
        )


def apply_change(*, actor: User | None, change: PackChange) -> PackChange:
    """Carry out the change as previewed. What people have edited stays as it is."""
    with recorded(actor=actor, comment=f"Pack {change.installed.name} {change.pack_version}"):
        change = PackChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
        if change.import_run is None or change.import_run.status != RunStatus.PREVIEWED:
            raise Conflict(_("This change has already been applied or undone."))
        change.import_run = lifecycle.apply_run(actor=actor, run=change.import_run)
        change.applied_at = timezone.now()
        change.save(update_fields=["applied_at"])
        _set_version(change.installed, change)
    return change


def _set_version(installed: InstalledPack, change: PackChange | None) -> None:
    """Set the version to that of `change`; without a change the pack is uninstalled."""
    fields = {
        "pack_version": change.pack_version if change else "",
        "trust": change.trust if change else "",
        "signed_by": change.signed_by if change else "",
        "status": (PackStatus.INSTALLED if change else PackStatus.UNINSTALLED).value,
    }
    rows.save_fields(rows.lock_for_update(installed), fields)


def roll_back_pack(*, actor: User | None, installed: InstalledPack) -> InstalledPack:
    """Undo the last change: back to the version before, or to none.

    For an uninstalled pack, undo all changes, so that nothing of it is left. Raises Conflict with
    the edits if someone has edited what it wrote.
    """
    with recorded(actor=actor, comment=f"Roll back of {installed.name}"):
        installed = rows.lock_for_update(installed)
        changes = list(applied_changes(installed))
        if not changes:
            raise Conflict(_("Nothing of this pack is in the register any more."))
        is_installed = installed.status == PackStatus.INSTALLED
        undone, remaining = (changes[:1], changes[1:]) if is_installed else (changes, [])
        for change in undone:
            undo.undo_run(actor=actor, run=change.import_run)  # type: ignore[arg-type]  # it was applied
        _set_version(installed, remaining[0] if remaining else None)
    installed.refresh_from_db()
    return installed


def applied_changes(installed: InstalledPack) -> QuerySet[PackChange]:
    """Changes that can be rolled back, latest first."""
    changes = PackChange.objects.filter(installed=installed, import_run__status=RunStatus.APPLIED)
    return changes.select_related("import_run").order_by("-applied_at", "-id")


def uninstall_pack(*, actor: User | None, installed: InstalledPack) -> dict[str, int]:
    """Forget the pack. Returns its content that stays, by model.

    The content belongs to the organization. `roll_back_pack` can still remove it.
    """
    with recorded(actor=actor):
        locked = rows.lock_for_update(installed)
        if locked.status != PackStatus.INSTALLED:
            raise Conflict(_("This pack is not installed."))
        _set_version(locked, None)
    return count_content(installed)


def count_content(installed: InstalledPack) -> dict[str, int]:
    """The number of objects of the pack that still exist, by model."""
    written = Provenance.objects.for_organization(installed.organization).filter(
        source=Source.PACK, source_name=installed.pack
    )
    return dict(Counter(written.values_list("model", flat=True)))


def count_drafts(organization: Organization, pack: str) -> int:
    """The number of risks of the pack that are still drafts, which no figure counts."""
    risks = Risk.objects.for_organization(organization).filter(status=Status.DRAFT)
    return risks.filter(source=Source.PACK, source_name=pack).count()


def list_matrices(installed: InstalledPack) -> list[dict[str, Any]]:
    """The matrices of the installed version."""
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
    """Set the levels of all risks by one of the pack's matrices."""
    matrices = {definition["id"]: definition for definition in list_matrices(installed)}
    if matrix not in matrices:
        known = ", ".join(matrices) or "none"
        raise rows.field_error(
            "matrix", _("This pack has no such matrix. It has: %(known)s.") % {"known": known}
        )
    names = ("levels", "likelihood_labels", "impact_labels")
    fields = {name: matrices[matrix][name] for name in names}
    instance = matrix_of(installed.organization)
    mapping = propose_map(instance, fields["levels"]).as_json()
    return update_matrix(actor=actor, instance=instance, mapping=mapping, **fields)
