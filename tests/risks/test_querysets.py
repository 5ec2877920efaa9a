"""Scopes and search, which mean the same on both databases."""

import pytest
from django.db import connection

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Membership, Role
from risks.models import Asset, Control, Finding, Mitigation, Risk
from tests.risks.factories import (
    make_asset,
    make_control,
    make_finding,
    make_framework,
    make_mitigation,
    make_risk,
)

MODELS = (Risk, Mitigation, Asset, Control, Finding)


# --- Scopes -----------------------------------------------------------------------------------
@pytest.fixture
def rows_of_two(organization, other_organization):
    for owner in (organization, other_organization):
        make_mitigation(make_risk(owner))
        make_asset(owner)
        make_control(make_framework(owner))
        make_finding(owner)


@pytest.mark.parametrize("model", MODELS)
def test_for_organization_shows_its_own_rows_only(rows_of_two, organization, model):
    found = model.objects.for_organization(organization)
    assert model.objects.count() == 2
    assert [row.organization for row in found] == [organization]


@pytest.mark.parametrize("model", MODELS)
def test_for_user_shows_the_rows_of_their_organizations_only(
    rows_of_two, viewer, organization, model
):
    assert [row.organization for row in model.objects.for_user(viewer)] == [organization]


def test_for_user_follows_the_memberships(rows_of_two, viewer, other_organization):
    set_role(user=viewer, organization=other_organization, role=Role.VIEWER)
    assert Risk.objects.for_user(viewer).count() == 2
    Membership.objects.filter(user=viewer).delete()
    assert Risk.objects.for_user(viewer).count() == 0


def test_superuser_sees_all_rows(rows_of_two, superuser):
    assert Risk.objects.for_user(superuser).count() == 2


def test_scopes_are_sql(rows_of_two, viewer, django_assert_num_queries):
    with django_assert_num_queries(1):
        list(Risk.objects.for_user(viewer))


# --- Search -----------------------------------------------------------------------------------
@pytest.fixture
def log4shell(organization):
    return make_risk(
        organization,
        title="Log4Shell CVE-2021-44228 on erp.example.org",
        description="Remote code through /var/log/erp v1.2.3, <script> and admin@example.com",
        owner_name="Head of IT",
        external_id="VULN-17",
    )


@pytest.fixture
def flood(organization):
    return make_risk(organization, title="Flood", description="The river rises. Überschwemmung")


@pytest.mark.parametrize(
    "text",
    [
        "log4shell",
        "LOG4SH",
        "  Log4Shell  ",
        "remote log4shell",
        "log4shell remote code",
        "head",
        "vuln-17",
        "17",
        "CVE-2021-44228",
        "2021",
        "44228",
        "cve-2021",
        "erp.example.org",
        "example.org",
        "example",
        "/var/log/erp",
        "1.2.3",
        "v1.2",
        "script",
        "<script>",
        "admin@example.com",
        "R-0001",
        "r-0001",
        "R-1",
    ],
)
def test_search_finds_words_of_any_field(log4shell, flood, text):
    assert list(Risk.objects.search(text)) == [log4shell]


@pytest.mark.parametrize("text", ["Log4", "SHELL erp", "4"])
def test_title_search_finds_words_of_the_title_only(log4shell, flood, text):
    assert list(Risk.objects.all().search_titles(text)) == [log4shell]
    assert not Risk.objects.all().search_titles("river").exists()


@pytest.mark.parametrize("text", ["m-1", "M-0001", "firewall", "rules every"])
def test_mitigations_are_found_by_words_and_reference(organization, text):
    risk = make_risk(organization)
    mitigation = make_mitigation(risk, title="Firewall", description="Rules, reviewed every week")
    make_mitigation(risk, title="Backup")
    assert list(Mitigation.objects.search(text)) == [mitigation]


@pytest.mark.parametrize("text", ["", "   "])
def test_no_word_finds_all(log4shell, flood, text):
    assert Risk.objects.search(text).count() == 2


@pytest.mark.parametrize(
    "text", ["earthquake", "log4shell flood", "log4shell earthquake", "R-0003", "R-999999999"]
)
def test_search_needs_every_word(log4shell, flood, text):
    assert list(Risk.objects.search(text)) == []


def test_search_knows_letters_beyond_ascii(log4shell, flood):
    assert list(Risk.objects.search("Überschw")) == [flood]


def test_reference_of_another_register_is_found_as_external_id(organization, flood):
    numbered_otherwise = make_risk(organization, external_id="R-007")
    assert list(Risk.objects.search("R-007")) == [numbered_otherwise]


def test_reference_is_not_searched_as_a_prefix(organization, flood):
    make_risk(organization)
    assert list(Risk.objects.search("R-1")) == [flood]


@pytest.mark.parametrize(
    "text",
    [
        "&",
        "log4shell &",
        "| flood",
        "!flood",
        "(flood",
        "flood:*",
        "flood <-> river",
        "'",
        "flood'",
        "''; DROP TABLE risks_risk; --",
        "\\",
        "%",
        "100% _",
        "\x00",
        "flo\x00od",
        "*",
        "\N{PILE OF POO}",
        "R-" + "9" * 5000,
        "R-\N{ARABIC-INDIC DIGIT THREE}",
        "\N{SUPERSCRIPT TWO}",
        "_",
        "\u0301",
    ],
    ids=ascii,
)
def test_operators_are_harmless(flood, text):
    assert set(Risk.objects.search(text)) <= {flood}


@pytest.mark.parametrize(
    "text", ["fl_d", "floo%", "&|!", "!flood", "(flood", "flood:*", "flood <-> river", "flood\\"]
)
def test_signs_are_letters_like_others(flood, text):
    assert list(Risk.objects.search(text)) == []


@pytest.mark.parametrize(
    "text", ["C++", "c#", "<b>", "100%", "a_b", "\\n", "C++ c#", "50&", "(v2)", "müller's", "R&D"]
)
def test_signs_are_found_where_they_stand(organization, flood, text):
    title = "C++ and C# write <b>, 100% a_b \\n 50& (v2) for R&D of Müller\u2019s"
    signs = make_risk(organization, title=title)
    assert list(Risk.objects.search(text)) == [signs]


FOLDED = {
    "Überschwemmung": ("überschwemmung", "UBERSCHWEMMUNG", "u\u0308berschwemmung", "schwemm"),
    "Ausfall der U\u0308berwachung": ("überwachung", "ÜBERWACHUNG"),
    "機房進水": ("進水", "機房", "房進"),
    "Łódź: awaria łącza": ("lodz", "ŁĄCZA"),
    "Straßensperre": ("strassen", "STRASSEN"),
    "Утечка данных": ("утечка", "ДАННЫХ"),
    "ΔΙΑΡΡΟΗ ΔΕΔΟΜΕΝΩΝ": ("διαρροή", "δεδομένων"),
    "İstanbul veri merkezi": ("istanbul", "ISTANBUL"),
    "ﬁre in \uff28all\u00a07": ("fire", "hall 7"),
    "데이터 유출": ("유출", "이터"),
    "ガス漏れ": ("カ\u3099ス", "漏れ"),
    "soft\u00adware fail\u200bure": ("software failure",),
}


@pytest.mark.parametrize("title", FOLDED, ids=ascii)
def test_search_folds_case_accents_and_composition(organization, flood, title):
    risk = make_risk(organization, title=title)
    Risk.objects.filter(pk=flood.pk).delete()
    make_risk(organization, title="Something else")
    for text in (title, *FOLDED[title]):
        assert list(Risk.objects.search(text)) == [risk], ascii(text)


def test_search_tells_letters_apart_that_are_not_the_same(organization):
    make_risk(organization, title="がき 각")
    assert not Risk.objects.search("かき").exists()
    assert not Risk.objects.search("가").exists()
    assert not Risk.objects.search("진").exists()


def test_search_finds_rows_however_they_were_written(organization):
    risk = make_risk(organization, title="Before")
    Risk.objects.filter(pk=risk.pk).update(title="Grünspan")
    assert not Risk.objects.search("before").exists()
    assert Risk.objects.search("grunspan").exists()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE risks_risk SET title = 'Žluťoučký kůň'")
    assert Risk.objects.search("zlutoucky").exists()
    assert not Risk.objects.search("grunspan").exists()


@pytest.mark.postgres
def test_search_reads_the_index(organization):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")  # those of other columns
    assert "risk_search" in Risk.objects.search("flood river").explain()


# --- Short fields -----------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["erp", "ERP host", "host-7", "&"])
def test_assets_are_searched_by_words(organization, text):
    asset = make_asset(organization, "ERP", description="Host in the cellar", external_id="host-7")
    make_asset(organization, "Printer")
    assert list(Asset.objects.search(text)) == ([] if text == "&" else [asset])


def test_controls_and_findings_are_searched_by_words(organization):
    control = make_control(make_framework(organization), "A.8.13", title="Backups")
    finding = make_finding(organization, location="/usr/lib/log4j.jar")
    assert list(Control.objects.search("a.8.13 backup")) == [control]
    assert list(Finding.objects.search("44228 log4j")) == [finding]
    assert list(Finding.objects.search("/USR/lib/")) == [finding]
    assert not Control.objects.search("restore").exists()
