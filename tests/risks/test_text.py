"""Text as the register stores it."""

from risks.text import count_text, shorten_text


def test_shortened_text_ends_at_a_word() -> None:
    assert shorten_text("one two three", 9) == "one two…"
    assert shorten_text("onetwothree", 5) == "onet…"


def test_counts_agree_with_their_noun() -> None:
    assert (count_text(1, "row"), count_text(1_200, "row")) == ("1 row", "1,200 rows")
