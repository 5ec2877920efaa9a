"""The members whom a comment mentions, by name, by first name and by address."""

import pytest
from django.core.exceptions import ValidationError

from openrisk.accounts.models import Role, User
from risks.models import Mention
from risks.services.workspace.comments import edit_comment
from risks.services.workspace.mentions import find_mentions, suggest_members
from tests.conftest import member
from tests.risks.factories import make_comment, make_risk


def person(organization, address, name):
    user = member(Role.ANALYST, organization, address)
    User.objects.filter(pk=user.pk).update(name=name)
    user.name = name
    return user


@pytest.fixture
def ada(organization):
    return person(organization, "ada", "Ada Lovelace")


@pytest.mark.parametrize(
    "text",
    [
        "@Ada Lovelace, please look",
        "(@ada lovelace)",
        "@ADA: done?",
        "ask @ada@acme.example.com.",
        "@Áda Lovelace",
    ],
)
def test_member_is_found(organization, ada, text):
    assert list(find_mentions(organization, text)) == [ada]


@pytest.mark.parametrize(
    "text",
    ["Ada Lovelace", "mail@Ada Lovelace", "@ Ada", "@Adalbert", "@home", "@ada@globex.example.com"],
)
def test_nobody_is_found(organization, ada, text):
    assert find_mentions(organization, text) == {}


def test_longest_name_wins_and_a_whole_name_beats_a_first_name(organization, ada):
    byron = person(organization, "byron", "Ada Lovelace Byron")
    alone = person(organization, "alone", "Ada")
    found = find_mentions(organization, "@Ada Lovelace Byron and @Ada Lovelace and @Ada")
    assert set(found) == {byron, ada, alone}


def test_shared_name_is_reported_and_an_address_decides(organization, analyst, ada):
    other = person(organization, "other", "ada lovelace")
    risk = make_risk(organization)
    with pytest.raises(ValidationError, match=r"any of 2 members.*@other@acme"):
        make_comment(risk, analyst, "@Ada Lovelace?")
    make_comment(risk, analyst, f"@{other.email}?")
    assert Mention.objects.get().user == other


def test_people_of_other_organizations_and_programs_are_not_found(
    organization, other_organization, ada
):
    person(other_organization, "eve", "Eve Adams")
    User.objects.filter(pk=ada.pk).update(is_service=True)
    assert find_mentions(organization, "@Eve Adams, @Ada, @eve@globex.example.com") == {}
    assert suggest_members(organization, "") == []


def test_mentions_follow_the_text(organization, analyst, ada):
    bob = person(organization, "bob", "Bob")
    comment = make_comment(make_risk(organization), analyst, "@Ada and @Bob")
    edit_comment(actor=analyst, instance=comment, text="@Ada Lovelace alone")
    assert list(comment.mentions.values_list("user", "written")) == [(ada.pk, "Ada Lovelace")]
    assert bob.pk not in comment.mentions.values_list("user", flat=True)


def test_suggestions_insert_what_names_exactly_one(organization, ada):
    person(organization, "twin1", "Bob Stone")
    person(organization, "twin2", "Bob Stone")
    person(organization, "odd", "Bob (IT)")
    inserts = {row["address"]: row["insert"] for row in suggest_members(organization, "bo")}
    assert set(inserts.values()) == set(inserts)  # addresses
    assert [row["insert"] for row in suggest_members(organization, "LOVE")] == ["Ada Lovelace"]
