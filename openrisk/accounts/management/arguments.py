"""Arguments that commands of all apps share. What is not there is a usage error."""

from argparse import ArgumentTypeError

from openrisk.accounts.models import Organization


def organization_argument(slug: str) -> Organization:
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        slugs = ", ".join(Organization.objects.values_list("slug", flat=True)[:20])
        raise ArgumentTypeError(f"there is no organization {slug}. Known ones: {slugs or 'none'}.")
    return found
