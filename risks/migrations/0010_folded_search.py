"""What a search finds, beside what it is found by: folded text, with an index of its trigrams.

`openrisk_fold` is a copy of `openrisk.text.folding` as it was when this was written. The server
computes the column, so no way of writing a row goes past it. SQLite folds when it searches.
"""

from django.db import migrations

MARKS = (
    r"[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    r"\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]+"
)
# Letters and their forms, by script: a text is only compared with those that it may have.
LETTERS = [
    (
        "ÆÐØÞðøĐđĦħıŁłŊŒŦƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǤǶǷȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎ",
        "ædoþdoddhhillŋœŧɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶʒƹƽǥƕƿȝƞȣȥⱥȼƚⱦɂƀʉʌɇɉɋɍɏ",
    ),
    (
        "ʼẞ‘’“”„‐–—−",
        '\'ß\'\'"""----',
    ),
    (
        "ͰͲͶͿΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩςϏϘϚϜϞϠϢϤϦϨϪϬϮϷϺϽϾϿ",
        "ͱͳͷϳαβγδεζηθικλμνξοπρστυφχψωσϗϙϛϝϟϡϣϥϧϩϫϭϯϸϻͻͼͽ",
    ),
    (
        "ЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
        "ђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюя",
    ),
    (
        "ѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪ"
        "ԬԮ",
        "ѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫ"
        "ԭԯ",
    ),
    (
        "ԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ",
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
    ),
]
LIGATURES = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
SEARCHED = {
    "risk": ("title", "description", "owner_name", "external_id"),
    "asset": ("name", "description", "external_id"),
    "control": ("identifier", "title", "text"),
    "finding": ("rule", "title", "location"),
}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


REPLACE_LETTERS = "\n        ".join(
    f"IF given ~ {quoted(f'[{letters}]')} THEN "
    f"given := translate(given, {quoted(letters)}, {quoted(forms)}); END IF;"
    for letters, forms in LETTERS
)
REPLACE_LIGATURES = "\n        ".join(
    f"given := replace(given, {quoted(ligature)}, {quoted(letters)});"
    for ligature, letters in LIGATURES.items()
)
# An ASCII text has as many bytes as characters.
CREATE_FOLD = f"""
CREATE OR REPLACE FUNCTION openrisk_fold(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF octet_length(given) > length(given) THEN
        given := normalize(regexp_replace(normalize(given, NFKD), {quoted(MARKS)}, '', 'g'), NFC);
    END IF;
    IF octet_length(given) > length(given) THEN
        {REPLACE_LETTERS}
        {REPLACE_LIGATURES}
    END IF;
    RETURN lower(given COLLATE "C");
END $body$
"""


def create_columns(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    schema_editor.execute(CREATE_FOLD)
    schema_editor.execute("DROP INDEX IF EXISTS risk_search")
    for name, columns in SEARCHED.items():
        lines = " || chr(10) || ".join(columns)
        schema_editor.execute(
            f"ALTER TABLE risks_{name} ADD COLUMN search_text text "
            f"GENERATED ALWAYS AS (openrisk_fold({lines})) STORED"
        )
        schema_editor.execute(
            f"CREATE INDEX {name}_search ON risks_{name} USING gin (search_text gin_trgm_ops)"
        )


def drop_columns(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in SEARCHED:
            schema_editor.execute(f"ALTER TABLE risks_{name} DROP COLUMN search_text")
        schema_editor.execute("DROP FUNCTION openrisk_fold(text)")


class Migration(migrations.Migration):
    dependencies = [("risks", "0009_import_options")]
    operations = [migrations.RunPython(create_columns, drop_columns)]
