"""Every text of a template goes through gettext, so that languages can follow."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Names and commands are the same in every language; the style guide is for people who write pages.
SAME_EVERYWHERE = {
    "OpenRisk",
    "Ctrl",
    "CSV",
    "XLSX",
    "PDF",
    "UTC",
    "PDF/A",
    "URL",
    "TTL",
    "API",
    "Esc",
    "SHA",
}
UNTRANSLATED = {"openrisk/templates/styleguide.html"}
REMOVED = re.compile(
    r"\{% comment %\}.*?\{% endcomment %\}"
    r"|\{% blocktranslate.*?\{% endblocktranslate %\}"
    r"|<(script|style|code|kbd)\b.*?</\1>"
    r'|<span class="material-symbols-outlined".*?</span>'  # the name of an icon
    r"|\{#.*?#\}|<!--.*?-->|\{\{.*?\}\}|\{%.*?%\}",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')
TAG = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^<>"'])*>""")
WORD = re.compile(r"[A-Za-z]{2,}")


def templates():
    listed = subprocess.run(
        ["git", "ls-files", "*.html"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split() if "/templates/" in name]


def untranslated(source):
    """Return the words of a template that are shown as they are."""
    bare = REMOVED.sub(" ", source)
    texts = [*ATTRIBUTE.findall(bare), TAG.sub(" ", bare)]
    texts = [re.sub(r"&\w+;|https?:\S+", " ", text) for text in texts]
    return [word for text in texts for word in WORD.findall(text) if word not in SAME_EVERYWHERE]


def test_texts_of_templates_can_be_translated():
    found = {
        name: words
        for name in templates()
        if name not in UNTRANSLATED and (words := untranslated((ROOT / name).read_text()))
    }
    assert found == {}, "Write {% translate %} or {% blocktranslate %} around these words."


def test_text_that_is_not_translated_is_noticed():
    assert untranslated('<p title="Close">{% translate "Yes" %} <b>No way</b></p>') == [
        "Close",
        "No",
        "way",
    ]
