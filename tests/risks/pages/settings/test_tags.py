"""Tags in the settings: counted, renamed, merged and removed with a preview and an undo."""

import re

import pytest

from risks.models import Change, RiskTag
from tests.risks.factories import make_risk

TAGS = "/o/acme/settings/tags/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def tagged(client, organization, analyst):
    client.force_login(analyst)
    first = make_risk(organization, tags=["ransom", "backup"])
    return first, make_risk(organization, tags=["ransomeware"])


def tags_of(risk):
    return sorted(RiskTag.objects.filter(risk=risk).values_list("name", flat=True))


def apply(client, fields):
    """Apply what the preview shows; return the address of the change."""
    preview = client.post(TAGS, fields, follow=True)
    digest = re.search(r'name="digest" value="(\w+)"', preview.content.decode())[1]
    address = preview.redirect_chain[-1][0]
    client.post(f"{address}apply/", {"digest": digest})
    return address


def test_tags_are_merged_with_one_entry_a_risk_and_undone(client, tagged):
    first, second = tagged
    address = apply(client, {"tag": ["ransom", "ransomeware"], "name": "ransomware"})
    assert (tags_of(first), tags_of(second)) == (["backup", "ransomware"], ["ransomware"])
    entries = Change.objects.filter(object_id=second.pk, comment__startswith="Bulk change")
    assert entries.values("at").distinct().count() == 1
    client.post(f"{address}undo/")
    assert (tags_of(first), tags_of(second)) == (["backup", "ransom"], ["ransomeware"])


def test_spelling_of_a_tag_is_changed(client, tagged):
    apply(client, {"tag": ["ransom"], "name": "Ransom"})
    assert tags_of(tagged[0]) == ["Ransom", "backup"]


def test_tag_is_removed_from_all_risks(client, tagged):
    apply(client, {"tag": ["backup"], "step": "remove"})
    assert tags_of(tagged[0]) == ["ransom"]


@pytest.mark.parametrize(
    "fields",
    [{"name": "x"}, {"tag": ["backup"]}, {"tag": ["backup"], "name": " "}, {"tag": ["foreign"]}],
)
def test_incomplete_choice_is_said(client, tagged, fields):
    assert client.post(TAGS, fields).status_code == 400


def test_tags_are_counted_and_searched(client, organization, tagged, other_organization):
    make_risk(organization, tags=["backup"])
    make_risk(other_organization, tags=["foreign"])
    html = client.get(TAGS).content.decode()
    assert re.search(r'tag=backup&amp;view=all">2<', html)
    assert "foreign" not in html
    assert "ransomeware" not in client.get(f"{TAGS}?search=back").content.decode()


def test_viewers_change_nothing(client, tagged, viewer):
    client.force_login(viewer)
    assert 'type="checkbox" name="tag"' not in client.get(TAGS).content.decode()
    assert client.post(TAGS, {"tag": ["backup"], "step": "remove"}).status_code == 403
