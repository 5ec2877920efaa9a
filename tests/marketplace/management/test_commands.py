"""The commands of the marketplace, as people type them."""

import json
import re
import shlex
from pathlib import Path
from shutil import copytree

import pytest
from django.core.management import CommandError, call_command

from marketplace.models import InstalledApp, TrustedPublisher
from marketplace.packs.archive import SHIPPED
from marketplace.packs.building import build_pack, public_key, read_key
from risks.models import Finding, Risk
from tests.marketplace.conformance import REPORTS, installed

DOCS = Path(__file__).resolve().parents[3] / "docs"
REPORT = str(REPORTS / "trivy.json")


@pytest.fixture
def trivy(organization, admin):
    return installed(organization, "trivy", admin)


def run(*arguments, **options):
    return call_command(*arguments, **options)


@pytest.mark.django_db
class TestConnectorSync:
    def test_a_preview_is_shown(self, trivy, capsys):
        run("connector_sync", "trivy", "--organization", "acme", "--file", REPORT)
        assert "previewed: 6 created" in capsys.readouterr().out
        assert not Finding.objects.exists()

    def test_it_is_applied_once(self, trivy, capsys):
        command = ("connector_sync", "Trivy", "--organization", "acme", "--file", REPORT, "--apply")
        run(*command)
        capsys.readouterr()
        run(*command, "--format", "json")
        assert json.loads(capsys.readouterr().out)["counts"]["unchanged"] == 6
        assert Finding.objects.count() == 5

    def test_a_dry_run_keeps_nothing(self, trivy, capsys):
        run(
            "connector_sync",
            "trivy",
            "--organization",
            "acme",
            "--file",
            REPORT,
            "--apply",
            "--dry-run",
        )
        assert "applied: 6 created" in capsys.readouterr().out
        assert not Finding.objects.exists()

    def test_rows_left_out_are_told_by_the_exit_code(self, organization, admin):
        mapping = {"rule": "check.id", "title": "name", "severity": "level"}
        feed = {"kind": "findings", "tool": "W", "items": "data.alerts", "mapping": mapping}
        installed(organization, "json-feed", admin, **feed)
        path = str(REPORTS / "json-feed.json")
        with pytest.raises(SystemExit) as ending:
            run("connector_sync", "json-feed", "--organization", "acme", "--file", path)
        assert ending.value.code == 4

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (
                ("Nessus",),
                "no app Nessus. Installed: Trivy. Install it: .*connector_install nessus",
            ),
            (("images",), "no app images. Installed: Trivy. Name one"),
            (("trivy", "--file", "nowhere.json"), "nowhere.json cannot be read"),
            (("trivy",), "Upload one"),
            (("trivy", "--file", str(REPORTS / "nessus.xml")), "valid JSON"),
        ],
    )
    def test_mistakes_are_told(self, trivy, arguments, words):
        with pytest.raises(CommandError, match=words):
            run("connector_sync", *arguments, "--organization", "acme")


@pytest.mark.django_db
class TestConnectorInstall:
    def install(self, connector, *more):
        run("connector_install", connector, "--organization", "acme", *more)

    def test_an_app_is_ready_to_run(self, organization, capsys):
        self.install("trivy", "--name", "Images", "--set", "asset=shop")
        out = capsys.readouterr().out
        assert out.startswith("Images is installed, tested and enabled.\n")
        assert 'connector_sync "Images" --organization acme --file REPORT' in out
        app = InstalledApp.objects.get()
        assert (app.state, app.settings) == ("enabled", {"asset": "shop"})
        run("connector_sync", "Images", "--organization", "acme", "--file", REPORT)

    def test_an_app_that_is_there_keeps_its_settings(self, organization):
        self.install("sarif", "--set", "asset=shop")
        self.install("SARIF 2.1.0")
        assert InstalledApp.objects.get().settings == {"asset": "shop"}

    def test_a_source_that_does_not_answer_leaves_an_app_to_correct(self, organization, source):
        address = f"url={source.url}/nothing"
        with pytest.raises(
            CommandError, match=r"does not work yet\. .*404.* run this command again"
        ):
            self.install("cisa-kev", "--set", address)
        assert InstalledApp.objects.get().state == "error"

    def test_a_secret_may_be_in_a_file(self, organization, source, tmp_path):
        source.routes["/hook?key=a-secret"] = (200, {}, b"ok")
        (tmp_path / "address").write_text(f"{source.url}/hook?key=a-secret\n")
        self.install("slack-webhook", "--set", f"url=@{tmp_path / 'address'}")
        assert "a-secret" not in str(InstalledApp.objects.values())

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("none",), r"There is no connector none\. Choose one of: cisa-kev, cyclonedx"),
            (("trivy", "--set", "asset"), "write it as KEY=VALUE"),
            (("trivy", "--set", "name=x"), "does not know one of these settings. It knows: asset"),
            (("trivy", "--set", "asset=@nowhere"), "asset: the file nowhere cannot be read"),
            (("oscal", "--set", "guidance=perhaps"), "guidance: not valid JSON"),
            (("json-feed",), "kind is missing"),
        ],
    )
    def test_mistakes_install_nothing(self, organization, arguments, words):
        with pytest.raises(CommandError, match=words) as refusal:
            self.install(*arguments)
        assert refusal.value.returncode == 2
        assert not InstalledApp.objects.exists()

    def test_the_name_of_another_app_is_refused(self, trivy):
        with pytest.raises(CommandError, match="an app Trivy already, of trivy"):
            self.install("nessus", "--name", "trivy")


@pytest.mark.django_db
def test_what_the_document_shows_is_what_happens(organization, capsys):
    """The commands are run in the organization of the tests, and print what stands below them."""
    text = (
        (DOCS / "marketplace.md").read_text().replace("--organization demo", "--organization acme")
    )
    for block in re.findall(r"```console\n\$ python manage\.py (.*?)```", text, re.DOTALL):
        command, _, output = block.partition("\n")
        run(*shlex.split(command.replace("docs/", f"{DOCS}/")))
        assert capsys.readouterr().out == output


@pytest.mark.django_db
def test_an_app_is_tested(trivy, capsys):
    run("connector_test", "trivy", "--organization", "acme")
    assert capsys.readouterr().out == "Trivy works.\n"


@pytest.mark.django_db
def test_a_source_that_does_not_answer_is_told(organization, admin, source):
    installed(organization, "cisa-kev", admin, url=f"{source.url}/nothing")
    with pytest.raises(CommandError, match="answered 404"):
        run("connector_test", "cisa-kev", "--organization", "acme")


@pytest.mark.django_db
class TestPacks:
    def test_from_a_key_to_an_installed_pack(self, tmp_path, organization, admin, capsys):
        key, pack = str(tmp_path / "key.pem"), str(tmp_path / "pack.zip")
        run("pack_build", "--new-key", key)
        run("pack_build", str(SHIPPED / "starter-risks"), "--key", key, "--output", pack)
        run("pack_verify", pack)
        assert "trust: unsigned" in capsys.readouterr().out
        arguments = ("pack_install", pack, "--organization", "acme", "--allow-unsigned")
        run(*arguments, "--dry-run")
        assert not Risk.objects.exists()
        run(*arguments)
        assert Risk.objects.count() >= 60

    def test_a_key_is_never_overwritten(self, tmp_path):
        key = tmp_path / "key.pem"
        key.write_text("mine")
        with pytest.raises(CommandError, match="exists"):
            run("pack_build", "--new-key", str(key))
        assert key.read_text() == "mine"

    def test_a_modified_pack_is_not_verified(self, tmp_path):
        pack = tmp_path / "pack.zip"
        pack.write_bytes(b"nothing")
        with pytest.raises(CommandError) as refusal:
            run("pack_verify", str(pack))
        assert refusal.value.returncode == 3

    def test_what_a_pack_is_can_be_read_by_programs(self, tmp_path, capsys):
        key, pack = tmp_path / "key.pem", str(tmp_path / "pack.zip")
        run("pack_build", "--new-key", str(key))
        TrustedPublisher.objects.create(name="We", key=public_key(read_key(key.read_bytes())))
        run("pack_build", str(SHIPPED / "matrices-5x5"), "--key", str(key), "--output", pack)
        capsys.readouterr()
        run("pack_verify", pack, "--format", "json")
        told = json.loads(capsys.readouterr().out)
        assert (told["trust"], told["signed_by"], told["note"]) == ("publisher", "We", "")
        assert (told["files"], told["holds"]) == (["matrices.json"], {"matrices": 5})

    @pytest.mark.parametrize("core", ["2", ">=9"])
    def test_a_pack_for_another_version_is_neither_built_nor_verified(self, tmp_path, core):
        folder = tmp_path / "pack"
        copytree(SHIPPED / "matrices-5x5", folder)
        about = json.loads((folder / "pack.json").read_text())
        (folder / "pack.json").write_text(json.dumps(about | {"core": core}))
        with pytest.raises(CommandError, match=f"The pack is for OpenRisk {core}; .* a range"):
            run("pack_build", str(folder), "--output", str(tmp_path / "pack.zip"))
        built = tmp_path / "built.zip"
        built.write_bytes(build_pack(folder, None))
        with pytest.raises(CommandError, match="The pack is for OpenRisk") as refusal:
            run("pack_verify", str(built))
        assert refusal.value.returncode == 3

    @pytest.mark.parametrize(
        ("arguments", "code", "reason"),
        [
            (("pack_build",), 2, "Name a folder"),
            (("pack_build", "nowhere"), 1, "nowhere cannot be read"),
            (("pack_build", "x", "--key", "nowhere.pem"), 1, "nowhere.pem: No such file"),
            (("pack_verify", "nowhere.zip"), 1, "nowhere.zip cannot be read: .* Name the ZIP"),
        ],
    )
    def test_what_is_not_there_is_told(self, arguments, code, reason):
        with pytest.raises(CommandError, match=reason) as refusal:
            run(*arguments)
        assert refusal.value.returncode == code

    def test_a_pack_is_named_after_its_folder_wherever_one_stands(self, tmp_path, monkeypatch):
        folder = tmp_path / "my-pack"
        copytree(SHIPPED / "matrices-5x5", folder)
        monkeypatch.chdir(folder)
        run("pack_build", ".")
        assert (folder / "my-pack.zip").is_file()

    def test_an_unknown_pack_is_told(self, organization):
        with pytest.raises(CommandError, match=r"Choose one of: openrisk\.matrices-5x5"):
            run("pack_install", "none.such", "--organization", "acme")
