"""Options of reading: stored with a run as JSON, and read back."""

from risks.registers.options import DEFAULT_OPTIONS, ReadingOptions


def test_options_are_stored_and_read_back() -> None:
    options = ReadingOptions({"Note": "description"}, month_first=False, include=("issues",))
    assert ReadingOptions.from_json(options.to_json()) == options


def test_a_run_without_options_was_read_by_the_defaults() -> None:
    assert ReadingOptions.from_json({}) == DEFAULT_OPTIONS
    assert ReadingOptions.from_json({"of_another_version": 1}) == DEFAULT_OPTIONS
