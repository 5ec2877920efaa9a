"""Text that fits where it is printed."""

import pytest

from dashboards.report.text_layout import (
    BOLD,
    BOX,
    ELLIPSIS,
    OTHERS,
    REGULAR,
    fit_line,
    fit_lines,
    split_runs,
    text_width,
    to_printable,
    to_visual,
    wrap_lines,
)

CHINESE = "機房進水、備份磁帶受損。伺服器必須重建"


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
    assert to_printable("a\n b\t\u1200") == f"a b {BOX}"
    assert to_printable("Zoe\u0308") == "Zoë"


@pytest.mark.parametrize(
    "text",
    [
        CHINESE,
        "服务器机房进水",
        "データセンターの浸水",
        "데이터 센터 침수",
        "خطر الحريق",
        "דליפת נתונים",
    ],
    ids=ascii,
)
def test_every_character_of_these_languages_is_printed(text):
    assert BOX not in to_printable(text)
    assert BOX not in to_visual(text)


def test_each_part_is_in_the_font_that_has_it():
    chinese, korean = OTHERS
    runs = list(split_runs("ERP 機房 데이터 end", BOLD))
    assert [font for font, _ in runs] == [BOLD, chinese, BOLD, korean, BOLD]
    assert "".join(part for _, part in runs) == "ERP 機房 데이터 end"
    assert list(split_runs("Überschwemmung", REGULAR)) == [(REGULAR, "Überschwemmung")]


def test_right_to_left_is_put_into_the_order_that_is_seen():
    assert to_visual("א (CRM) ב 2026") == "2026 ב (CRM) א"
    assert to_visual("Risk שלום end") == "Risk םולש end"
    joined = to_visual("خطر")
    assert joined == "\ufeae\ufec4\ufea7"  # final, medial, initial
    assert text_width("خطر", 9) < sum(text_width(letter, 9) for letter in "خطر")


def test_chinese_breaks_into_lines_without_blanks():
    lines = wrap_lines(CHINESE, 60, 9)
    assert "".join(lines) == CHINESE
    assert all(text_width(line, 9) <= 60 for line in lines)


@pytest.mark.parametrize("text", [CHINESE + "x" * 80, "ש" * 80, "מילים " * 30], ids=ascii)
def test_no_line_is_wider_than_its_room(text):
    lines = wrap_lines(text, 60, 9)
    assert all(0 < text_width(line, 9) <= 60 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
