"""Folded text is the same in Python and in PostgreSQL."""

import unicodedata

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from openrisk.text.folding import fold_text
from risks.models import Asset, Control, Finding, Mitigation, Risk

pytestmark = pytest.mark.django_db

# What both know: later characters depend on the versions of Unicode.
KNOWN = [
    character
    for character in map(chr, range(1, 0xFFFF))
    if unicodedata.category(character) not in ("Cs", "Cn")
]


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold_text(fold_text(text)) == fold_text(text)


def test_letters_are_told_apart():
    assert len({fold_text(text) for text in ("は", "ば", "ぱ", "가", "각", "и", "n", "進")}) == 8


@pytest.mark.postgres
def test_postgresql_folds_every_character_alike():
    with connection.cursor() as cursor:
        cursor.execute("SELECT openrisk_fold(c) FROM unnest(%s::text[]) c", [KNOWN])
        folded = [row[0] for row in cursor.fetchall()]
    assert folded == [fold_text(character) for character in KNOWN]


@pytest.mark.postgres
@pytest.mark.parametrize("model", [Risk, Mitigation, Asset, Control, Finding])
@pytest.mark.parametrize(
    ("column", "sources"), [("search_text", "searched"), ("search_title", "titled")]
)
def test_the_column_has_what_is_searched(model, column, sources):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generation_expression FROM information_schema.columns "
            "WHERE table_name = %s AND column_name = %s",
            [model._meta.db_table, column],
        )
        [expression] = cursor.fetchone()
    assert all(field in expression for field in getattr(model.objects.all(), sources))
