"""The name of an organization."""

from django.db import transaction

from openrisk.accounts.models import Organization


@transaction.atomic
def rename_organization(*, organization: Organization, name: str) -> Organization:
    """Give the organization another name; its address stays. Raises ValidationError."""
    stored: Organization = Organization.objects.select_for_update(no_key=True).get(
        pk=organization.pk
    )
    stored.name = name
    stored.full_clean(validate_unique=False)
    stored.save(update_fields=["name"])
    return stored
