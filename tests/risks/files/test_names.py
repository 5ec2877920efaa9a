import pytest

from risks.files.names import LONGEST, clean_name


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\plan.docx", "plan.docx"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("a\x00b\r\nc.txt", "ab c.txt"),
        ("  .hidden ", "hidden"),
        ("Übersicht\u2066.csv", "Übersicht.csv"),
        ("תוכנית.pdf", "תוכנית.pdf"),
        ("...", "file"),
        ("", "file"),
        ("\u200b/\u200b", "file"),
    ],
)
def test_a_name_misleads_nobody(name, cleaned):
    assert clean_name(name) == cleaned


def test_a_long_name_keeps_its_ending():
    name = clean_name("w" * 400 + ".xlsx")
    assert (len(name), name[-6:]) == (LONGEST, "w.xlsx")


def test_an_ending_that_is_too_long_is_cut_too():
    assert len(clean_name("a." + "b" * 400)) == LONGEST
