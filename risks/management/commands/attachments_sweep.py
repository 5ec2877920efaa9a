from typing import Any

from django.core.management.base import BaseCommand, CommandError

from risks.models import Attachment
from risks.services.workspace.attachments import sweep_files

MOST_NAMED = 20


class Command(BaseCommand):
    help = (
        "Delete files of attachments that no row needs, and name the attachments whose file is "
        "missing, such as after a restore. The worker does the same each day. Fails if a file is "
        "missing. Example: manage.py attachments_sweep"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        result = sweep_files()
        self.stdout.write(f"{result.deleted} files deleted, {len(result.missing)} missing.")
        lost = Attachment.objects.filter(pk__in=result.missing[:MOST_NAMED])
        for attachment in lost.select_related("organization"):
            slug = attachment.organization.slug
            self.stdout.write(f"{slug}: {attachment.name} ({attachment.pk})")
        if result.missing:
            raise CommandError("Restore ATTACHMENTS_DIR from a backup, or upload the files again.")
