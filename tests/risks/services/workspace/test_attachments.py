import os
import time
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from openrisk.errors import Conflict, FileTooLarge, StaleVersion
from openrisk.server.limits import ATTACHMENT_FILE
from risks.history.reading import changes_of, normalize_changes
from risks.models import Attachment, AttachmentLink
from risks.services import rows
from risks.services.risks import delete_risk
from risks.services.workspace import attachments as services
from risks.services.workspace.deleted_items import delete_for_good, restore_item
from tests.risks.factories import (
    make_acceptance,
    make_action,
    make_assessed_risk,
    make_control,
    make_framework,
    make_mitigation,
    make_risk,
)
from tests.risks.files.content import PDF, PNG, upload

pytestmark = pytest.mark.django_db
TODAY = date(2026, 12, 1)


@pytest.fixture(autouse=True)
def folder(attachments_folder):
    return attachments_folder


def attach(organization, content=PDF, name="policy.pdf", actor=None, **fields):
    return services.upload_attachment(
        actor=actor, organization=organization, file=upload(content, name), **fields
    ).attachment


def stored(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def make_old(folder):
    """Let all files be from the day before yesterday."""
    then = time.time() - timedelta(days=2).total_seconds()
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def test_a_file_is_kept_by_organization_and_content(organization, analyst, folder):
    attachment = attach(organization, actor=analyst)
    path = folder / str(organization.pk) / attachment.sha256[:2] / attachment.sha256
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o777 == 0o600
    assert (attachment.media_type, attachment.size) == ("application/pdf", len(PDF))
    assert attachment.uploaded_by == analyst


def test_the_same_content_is_the_same_file(organization, other_organization, folder):
    first = attach(organization, description="From the audit")
    again = services.upload_attachment(
        actor=None, organization=organization, file=upload(PDF, "copy.pdf"), description="Mine"
    )
    assert (again.attachment, again.existed) == (first, True)
    assert (again.attachment.name, again.attachment.description) == ("policy.pdf", "From the audit")
    assert attach(other_organization) != first
    assert len(stored(folder)) == 2


def test_an_upload_again_brings_a_lost_file_back(organization, folder):
    attachment = attach(organization)
    path = next(path for path in folder.rglob("*") if path.is_file())
    path.write_bytes(PDF[:10])  # cut off by a crash
    attach(organization)
    assert path.read_bytes() == PDF
    assert Attachment.objects.get() == attachment


def test_a_file_that_is_too_large_or_empty_leaves_nothing(organization, folder):
    with pytest.raises(FileTooLarge, match=r"“policy.pdf” has 25.0 MB. At most 25 MB are allowed"):
        attach(organization, b"x" * (ATTACHMENT_FILE + 1))
    with pytest.raises(ValidationError, match="empty"):
        attach(organization, b"")
    assert (stored(folder), Attachment.objects.count()) == ([], 0)


def test_the_quota_is_of_the_organization(organization, other_organization, settings, folder):
    settings.ATTACHMENTS_QUOTA_MB = 1
    attach(other_organization, b"a" * 700_000)
    attach(organization, b"b" * 700_000)
    with pytest.raises(ValidationError, match="There is no room") as refusal:
        attach(organization, b"c" * 700_000)
    assert "uses 1 of 1 MB" in refusal.value.messages[0]
    attach(organization, b"b" * 700_000)  # there already
    assert len(stored(folder)) == 2


@pytest.mark.parametrize("kind", ["risk", "mitigation", "action", "acceptance", "control"])
def test_a_file_is_evidence_for_rows_of_many_kinds(organization, analyst, kind):
    risk = make_assessed_risk(organization)
    mitigation = make_mitigation(risk)
    row = {
        "risk": lambda: risk,
        "mitigation": lambda: mitigation,
        "action": lambda: make_action(mitigation),
        "acceptance": lambda: make_acceptance(analyst, risk),
        "control": lambda: make_control(make_framework(organization)),
    }[kind]()
    attachment = attach(organization, actor=analyst, target=row)
    link = AttachmentLink.objects.get()
    assert (link.target, link.kind, link.linked_by) == (row, kind, analyst)
    assert list(Attachment.objects.linked_to(**{kind: row})) == [attachment]
    change = changes_of(row.pk).first()
    assert change.actor == analyst
    assert normalize_changes(change.model, change.changes) == {"attachments": [None, attachment.pk]}


def test_a_link_is_made_once_and_recorded_when_it_goes(organization, analyst):
    risk = make_risk(organization)
    attachment = attach(organization, target=risk)
    link = services.link_attachment(actor=analyst, attachment=attachment, target=risk)
    assert AttachmentLink.objects.get() == link
    assert services.unlink_attachment(actor=analyst, link=link) is True
    before, after = changes_of(risk.pk).first().changes["attachments"]
    assert (before is None, after) == (False, None)


def test_the_last_link_is_known(organization):
    attachment = attach(organization, target=make_risk(organization))
    link = services.link_attachment(
        actor=None, attachment=attachment, target=make_risk(organization)
    )
    assert services.unlink_attachment(actor=None, link=link) is False


def test_rows_of_another_organization_are_refused(organization, other_organization):
    foreign = make_risk(other_organization)
    with pytest.raises(ValidationError, match="not of the organization"):
        attach(organization, target=foreign)
    assert Attachment.objects.count() == 0


def test_a_link_has_one_target(organization):
    attachment, risk = attach(organization), make_risk(organization)
    wrong = ({}, {"risk": risk, "mitigation": make_mitigation(risk)})
    for targets in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            AttachmentLink.objects.create(
                organization=organization, attachment=attachment, **targets
            )


def test_a_deleted_risk_leaves_the_file(organization):
    risk = make_risk(organization)
    attachment = attach(organization, target=risk)
    delete_risk(actor=None, instance=risk)
    assert list(Attachment.objects.unlinked()) == [attachment]


def test_describing_cleans_the_name_and_minds_the_version(organization, analyst):
    attachment = attach(organization)
    changed = services.update_attachment(
        actor=analyst, instance=attachment, version=1, name="a/b\u202e.pdf", valid_until=TODAY
    )
    assert (changed.name, changed.valid_until, changed.version) == ("b.pdf", TODAY, 2)
    assert changes_of(attachment.pk).first().actor == analyst
    with pytest.raises(StaleVersion):
        services.update_attachment(actor=analyst, instance=attachment, version=1, name="c.pdf")


def test_expired_files_and_those_that_will_be(organization):
    today = timezone.now().date()
    for days in (-1, 0, 30, 31, None):
        attach(
            organization,
            str(days).encode(),
            f"{days}.txt",
            valid_until=None if days is None else today + timedelta(days=days),
        )

    def names(rows):
        return sorted(rows.values_list("name", flat=True))

    assert names(Attachment.objects.expired()) == ["-1.txt"]
    assert names(Attachment.objects.expiring_within(30)) == ["0.txt", "30.txt"]
    assert names(Attachment.objects.not_expired()) == ["0.txt", "30.txt", "31.txt", "None.txt"]
    assert [row.is_expired(today) for row in Attachment.objects.expired()] == [True]


def test_who_may_delete(organization, viewer, analyst, manager):
    attachment = attach(organization, actor=analyst)
    members = {row.user: row for row in organization.memberships.all()}
    allowed = {user: attachment.can_be_deleted_by(row) for user, row in members.items()}
    assert allowed == {viewer: False, analyst: True, manager: True}


def test_a_deleted_file_can_be_restored_with_its_links(organization, folder):
    risk = make_risk(organization)
    attachment = attach(organization, target=risk)
    item = services.delete_attachment(actor=None, instance=attachment, version=1)
    assert (Attachment.objects.count(), AttachmentLink.objects.count()) == (0, 0)
    make_old(folder)
    assert services.sweep_files().deleted == 0
    restore_item(actor=None, item=item)
    assert Attachment.objects.get().links.get().risk == risk
    assert services.sweep_files() == services.SweepResult()


def test_a_file_goes_when_it_can_no_longer_be_restored(organization, folder):
    kept = attach(organization, PNG)
    item = services.delete_attachment(actor=None, instance=attach(organization))
    delete_for_good(actor=None, item=item)
    make_old(folder)
    assert services.sweep_files().deleted == 1
    assert stored(folder) == [kept.sha256]


def test_a_file_that_was_uploaded_again_meanwhile_stays(organization, folder):
    item = services.delete_attachment(actor=None, instance=attach(organization))
    again = attach(organization)
    with pytest.raises(Conflict):
        restore_item(actor=None, item=item)
    delete_for_good(actor=None, item=item)
    make_old(folder)
    assert services.sweep_files().deleted == 0
    assert stored(folder) == [again.sha256]


def test_a_restored_risk_has_its_files_again(organization):
    risk = make_risk(organization)
    attachment = attach(organization, target=risk)
    item = rows.delete(actor=None, instance=risk)
    assert not attachment.links.exists()
    restore_item(actor=None, item=item)
    assert attachment.links.get().risk == risk


# --- Crashes, and the sweep


def test_a_crash_before_the_row_leaves_a_file_for_the_sweep(organization, folder):
    kept = attach(organization, PNG, "logo.png")

    @transaction.atomic
    def upload_and_crash():
        attach(organization)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload_and_crash()
    assert (len(stored(folder)), Attachment.objects.count()) == (2, 1)
    assert services.sweep_files().deleted == 0  # it may be of an upload that is running
    make_old(folder)
    assert services.sweep_files() == services.SweepResult(deleted=1, missing=[])
    assert stored(folder) == [kept.sha256]


def test_a_file_that_cannot_be_written_leaves_no_row(organization, monkeypatch, folder):
    def fail(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr("risks.files.storage.StoredFile.save", fail)
    with pytest.raises(OSError, match="No space left"):
        attach(organization)
    assert (stored(folder), Attachment.objects.count()) == ([], 0)


def test_rows_without_their_file_are_named(organization, folder):
    whole, lost, cut = (attach(organization, content) for content in (PDF, PNG, b"text"))
    for path in folder.rglob("*"):
        if path.name == lost.sha256:
            path.unlink()
        if path.name == cut.sha256:
            path.write_bytes(b"t")
    make_old(folder)
    assert set(services.sweep_files().missing) == {lost.pk, cut.pk}
    assert whole.sha256 in stored(folder)


def test_files_of_a_deleted_organization_go(organization, other_organization, folder):
    attach(organization)
    other = attach(other_organization, PNG)
    Attachment.objects.filter(organization=organization).delete()
    organization.delete()
    make_old(folder)
    services.sweep_files()
    assert stored(folder) == [other.sha256]


def test_what_is_not_an_attachment_is_left_alone(organization, folder):
    attach(organization)
    (folder / "README").write_text("Mounted from the server of files")
    (folder / "lost+found").mkdir()
    (folder / str(organization.pk) / "ab").mkdir()
    (folder / str(organization.pk) / "ab" / ".nfs0001").write_text("x")
    make_old(folder)
    services.sweep_files()
    assert len(stored(folder)) == 3
