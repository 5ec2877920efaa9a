"""Text as the register stores it."""

from risks.text import shorten_text


def test_shortened_text_ends_at_a_word() -> None:
    assert shorten_text("one two three", 9) == "one two…"
    assert shorten_text("onetwothree", 5) == "onet…"
