"""Reading and changing the settings of documents."""

import hashlib
from dataclasses import dataclass
from typing import Any

from dashboards.models import DocumentSettings
from openrisk.accounts.models import Organization, User
from risks.history import recorded
from risks.services import rows


@dataclass(frozen=True)
class DocumentLook:
    """The logo and the line of an organization's documents; both may be empty."""

    logo: bytes = b""
    confidentiality: str = ""


def look_of(organization: Organization) -> DocumentLook:
    stored = DocumentSettings.objects.for_organization(organization).first()
    if stored is None:
        return DocumentLook()
    return DocumentLook(bytes(stored.logo), stored.confidentiality)


def settings_of(organization: Organization) -> DocumentSettings:
    """Return the settings of the organization, made when they are first needed."""
    settings, _created = DocumentSettings.objects.get_or_create(organization=organization)
    settings.organization = organization
    return settings


def update_settings(
    *,
    actor: User | None,
    instance: DocumentSettings,
    version: int | None = None,
    logo: bytes | None = None,
    **fields: Any,
) -> DocumentSettings:
    """Change the settings. `logo` is what `draw_logo` returned, or b"" to remove it."""
    if logo is not None:
        fields |= {"logo": logo, "logo_digest": hashlib.sha256(logo).hexdigest() if logo else ""}
    with recorded(actor=actor):
        current = rows.lock_for_update(instance, version)
        rows.save_fields(current, fields)
    return current
