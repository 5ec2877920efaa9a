"""Names of an organization's rows, as imports look them up."""

from openrisk.accounts.models import Organization, User
from risks.import_runs.name_lookup import NameIndex, NameLookup, control_names
from risks.models import Risk
from tests.risks.factories import make_control, make_framework, make_risk


def test_an_exact_name_wins_over_another_case(organization: Organization) -> None:
    index = NameIndex([(organization.pk, "Archive")])
    other = make_risk(organization).pk
    index.add("ARCHIVE", other)

    assert [index.get(name).id for name in ("Archive", "ARCHIVE", "archive")] == [  # type: ignore[union-attr]
        organization.pk,
        other,
        organization.pk,
    ]
    assert index.get("Cellar") is None


def test_a_control_of_several_frameworks_is_named_with_its_framework(
    organization: Organization,
) -> None:
    iso, nist = make_framework(organization, "ISO"), make_framework(organization, "NIST")
    shared = [make_control(iso, "A.1"), make_control(nist, "a.1")]
    single = make_control(iso, "A.2")
    names = control_names(organization)

    assert names[single.pk] == "A.2"
    assert all(names[control.pk].endswith(f" {control.identifier}") for control in shared)


def test_people_include_former_members_with_a_part_in_a_risk(
    organization: Organization, outsider: User
) -> None:
    risk = make_risk(organization)
    Risk.objects.filter(pk=risk.pk).update(reviewer=outsider)
    names = NameLookup(organization)

    assert names.members.get(outsider.email) is None
    assert names.people.get(outsider.email) is not None
