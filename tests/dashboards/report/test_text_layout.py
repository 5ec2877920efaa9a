"""Text that fits where it is printed."""

from dashboards.report.text_layout import (
    BOX,
    ELLIPSIS,
    fit_line,
    fit_lines,
    text_width,
    to_printable,
)


def test_text_that_does_not_fit_is_shortened():
    assert fit_line("short", 100, 9) == "short"
    cut = fit_line("a long title " * 50, 100, 9)
    assert cut.endswith(ELLIPSIS)
    assert text_width(cut, 9) <= 100
    broken = fit_lines("word " * 100, 100, 9, most=2)
    assert len(broken) == 2
    assert broken[1].endswith(ELLIPSIS)
    assert fit_line("", 10, 9) == ""
    assert fit_lines("", 10, 9, most=2) == []


def test_characters_that_the_font_lacks_are_boxes():
    assert to_printable("a\n b\tリ") == f"a b {BOX}"
    assert to_printable("Zoe\u0308") == "Zoë"
