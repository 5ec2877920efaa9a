"""The organization's matrix."""

from openrisk.accounts.models import Organization
from risks.models import Matrix


def matrix_of(organization: Organization) -> Matrix:
    """Return the organization's matrix, read once per instance; created when first needed."""
    try:
        return organization.matrix
    except Matrix.DoesNotExist:
        return Matrix.objects.get_or_create(organization=organization)[0]
