"""Packs in an organization: installed, upgraded with local edits kept, rolled back."""

import io
import json

import pytest
from django.core.exceptions import ValidationError

from dashboards.models import Board
from marketplace.models import InstalledPack, PackChange, PackStatus, TrustedPublisher
from marketplace.packs import installation
from marketplace.packs.archive import shipped_packs
from marketplace.packs.building import build_pack, new_key, public_key, read_key
from marketplace.packs.errors import BadPack
from openrisk.errors import Conflict
from risks.import_runs.undo import EditedSince
from risks.models import Category, Control, Matrix, Mitigation, Risk
from risks.services import rows
from risks.services.risks import update_risk

KEY = read_key(new_key())
ABOUT = {
    "id": "example.library", "name": "Library", "version": "1.0.0", "publisher": "We",
    "licence": "CC0-1.0", "summary": "A few.", "core": ">=0.1,<2",
}  # fmt: skip
RISKS = {
    "categories": [{"name": "Water", "description": "Too much of it."}],
    "risks": [
        {"id": "flood", "title": "Flood", "category": "Water", "inherent_likelihood": 2,
         "inherent_impact": 5, "tags": ["weather"],
         "suggested_treatment": [{"title": "Pump"}, {"title": "Wall", "description": "High."}]},
        {"id": "leak", "title": "Leak", "category": "Water"},
    ],
}  # fmt: skip


@pytest.fixture
def made(tmp_path):
    """`made(version, risks=..., framework=...)`: the pack as it is loaded."""

    def make(version="1.0.0", key=KEY, about=(), **contents):
        folder = tmp_path / version
        folder.mkdir(exist_ok=True)
        (folder / "pack.json").write_text(json.dumps(ABOUT | {"version": version} | dict(about)))
        for kind, value in (contents or {"risks": RISKS}).items():
            (folder / f"{kind}.json").write_text(json.dumps(value))
        return installation.open_uploaded_pack(io.BytesIO(build_pack(folder, key)))

    TrustedPublisher.objects.create(name="We", key=public_key(KEY))
    return make


@pytest.fixture
def install(organization, admin, made):
    def carry_out(*version, **options):
        change = installation.preview_pack(
            actor=admin, organization=organization, pack=made(*version, **options)
        )
        return installation.apply_change(actor=admin, change=change)

    return carry_out


def with_title(title):
    changed = json.loads(json.dumps(RISKS))
    changed["risks"][0]["title"] = title
    return changed


@pytest.mark.django_db
class TestInstalling:
    def test_risks_come_as_drafts_with_a_plan(self, install):
        change = install()
        risk = Risk.objects.get(external_id="flood")
        assert (risk.status, risk.source, risk.inherent_score) == ("draft", "pack", 10)
        plan = Mitigation.objects.get(risk=risk)
        assert (plan.title, plan.description) == ("Pump, and 1 more", "- Pump\n- Wall: High.")
        assert Category.objects.get().description == "Too much of it."
        assert change.trust == "publisher"

    def test_twice_changes_nothing(self, install):
        install()
        before = list(Risk.objects.order_by("pk").values())
        assert install().import_run.counts["risks"]["unchanged"] == 2
        assert list(Risk.objects.order_by("pk").values()) == before

    def test_a_preview_writes_nothing_of_it(self, made, admin, organization):
        installation.preview_pack(actor=admin, organization=organization, pack=made())
        assert not Risk.objects.exists()
        assert InstalledPack.objects.get().status == PackStatus.UNINSTALLED

    def test_frameworks_and_boards_come_too(self, install, admin):
        controls = [
            {"identifier": "A", "title": "A"},
            {"identifier": "A.1", "title": "B", "parent": "A"},
        ]
        board = {"slug": "water", "name": "Water", "widgets": [{"name": "number:open"}]}
        install(framework={"name": "Rules", "controls": controls}, boards={"boards": [board]})
        assert Control.objects.get(identifier="A.1").parent.identifier == "A"
        assert Board.objects.values("slug", "owner", "shared").get() == {
            "slug": "water", "owner": admin.pk, "shared": True,
        }  # fmt: skip

    def test_an_unsigned_pack_needs_an_administrators_word(self, made, admin, organization):
        pack = made(key=None)
        with pytest.raises(Conflict, match="allow_unsigned"):
            installation.preview_pack(actor=admin, organization=organization, pack=pack)
        change = installation.preview_pack(
            actor=admin, organization=organization, pack=pack, allow_unsigned=True
        )
        assert change.trust == "unsigned"

    def test_a_pack_for_another_version_is_refused(self, install):
        with pytest.raises(BadPack, match="The pack is for OpenRisk >=9"):
            install(about={"core": ">=9"})

    def test_a_pack_that_requires_another_waits_for_it(self, install):
        with pytest.raises(Conflict, match=r"requires the pack other >=1"):
            install(about={"requires": [{"id": "other", "version": ">=1"}]})

    def test_another_organization_sees_nothing(self, install, other_organization):
        install()
        assert not InstalledPack.objects.for_organization(other_organization).exists()
        assert not Risk.objects.for_organization(other_organization).exists()


@pytest.mark.django_db
class TestUpgrading:
    def test_a_pack_is_not_taken_over_by_another_publisher(self, install):
        install()
        other = read_key(new_key())
        TrustedPublisher.objects.create(name="Others", key=public_key(other))
        with pytest.raises(Conflict, match="signed by We, and this one was not"):
            install("1.1.0", key=other)
        assert InstalledPack.objects.get().signed_by == "We"

    def test_what_nobody_edited_follows_the_pack(self, install):
        install()
        install("1.1.0", risks=with_title("River flood"))
        assert Risk.objects.get(external_id="flood").title == "River flood"
        assert InstalledPack.objects.get().pack_version == "1.1.0"

    def test_what_somebody_edited_stays_and_is_told(self, install, admin):
        install()
        risk = Risk.objects.get(external_id="flood")
        update_risk(actor=admin, instance=risk, title="Flood in the cellar")
        change = install("1.1.0", risks=with_title("River flood"))
        risk.refresh_from_db()
        assert risk.title == "Flood in the cellar"
        notes = change.import_run.rows.exclude(notes=[]).values_list("notes", flat=True)
        assert list(notes) == [["title stays as it is here."]]

    def test_what_was_there_before_the_pack_is_never_changed(self, install, organization, admin):
        rows.create(
            Category, actor=admin, organization=organization, name="Water", description="Ours"
        )
        install()
        assert Category.objects.get().description == "Ours"

    def test_it_does_not_go_back_by_itself(self, install):
        install("1.1.0")
        with pytest.raises(Conflict, match="newer"):
            install("1.0.0")

    def test_rolling_back_restores_the_version_before(self, install, admin):
        install()
        install("1.1.0", risks=with_title("River flood"))
        installed = installation.roll_back_pack(actor=admin, installed=InstalledPack.objects.get())
        assert (installed.pack_version, installed.status) == ("1.0.0", PackStatus.INSTALLED)
        assert Risk.objects.get(external_id="flood").title == "Flood"
        installed = installation.roll_back_pack(actor=admin, installed=installed)
        assert (installed.status, Risk.objects.count()) == (PackStatus.UNINSTALLED, 0)
        with pytest.raises(Conflict, match="Nothing of this pack is in the register"):
            installation.roll_back_pack(actor=admin, installed=installed)

    def test_rolling_back_does_not_lose_work(self, install, admin):
        install()
        risk = Risk.objects.get(external_id="flood")
        update_risk(actor=admin, instance=risk, title="Flood in the cellar")
        with pytest.raises(EditedSince, match="1 thing changed"):
            installation.roll_back_pack(actor=admin, installed=InstalledPack.objects.get())

    def test_uninstalling_says_what_stays(self, install, admin):
        install()
        stays = installation.uninstall_pack(actor=admin, installed=InstalledPack.objects.get())
        assert stays == {"risks.category": 1, "risks.risk": 2, "risks.mitigation": 1}
        assert Risk.objects.count() == 2

    def test_rolling_back_after_uninstalling_removes_all_of_it(self, install, admin):
        install()
        install("1.1.0", risks=with_title("River flood"))
        installation.uninstall_pack(actor=admin, installed=InstalledPack.objects.get())
        installed = installation.roll_back_pack(actor=admin, installed=InstalledPack.objects.get())
        assert (installed.status, installed.pack_version) == (PackStatus.UNINSTALLED, "")
        assert (Risk.objects.count(), installation.count_content(installed)) == (0, {})

    def test_rolling_back_after_uninstalling_does_not_lose_work(self, install, admin):
        install()
        update_risk(actor=admin, instance=Risk.objects.get(external_id="flood"), title="Ours")
        installation.uninstall_pack(actor=admin, installed=InstalledPack.objects.get())
        with pytest.raises(EditedSince):
            installation.roll_back_pack(actor=admin, installed=InstalledPack.objects.get())
        assert Risk.objects.count() == 2


@pytest.mark.django_db
def test_a_matrix_of_a_pack_bands_the_register_anew(organization, admin):
    pack = shipped_packs()["openrisk.matrices-5x5"]
    change = installation.preview_pack(actor=admin, organization=organization, pack=pack)
    installation.apply_change(actor=admin, change=change)
    installed = InstalledPack.objects.get()
    installation.use_matrix(actor=admin, installed=installed, matrix="impact-first")
    assert Matrix.objects.get().levels[0][4] == "high"
    with pytest.raises(ValidationError, match="no such matrix"):
        installation.use_matrix(actor=admin, installed=installed, matrix="round")


@pytest.mark.django_db
def test_a_change_is_carried_out_once(install, admin):
    change = install()
    with pytest.raises(Conflict, match="already been applied"):
        installation.apply_change(actor=admin, change=PackChange.objects.get(pk=change.pk))
