"""Times in words, as cron, and the next ones."""

from datetime import UTC, datetime, time

import pytest

from dashboards.schedules.timing import (
    Frequency,
    ScheduleWords,
    Timing,
    describe_timing,
    read_words,
)

NOW = datetime(2026, 12, 1, 17, tzinfo=UTC)  # a Tuesday
SEVEN = time(7)


@pytest.mark.parametrize(
    ("words", "cron", "sentence", "next_days"),
    [
        (ScheduleWords(Frequency.DAILY, time(17, 30)), "30 17 * * *", "Every day", ["12-01"]),
        (
            ScheduleWords(Frequency.WEEKLY, SEVEN, (0, 6)),
            "0 7 * * 1,0",
            "Every week on Monday, Sunday at 07:00 UTC",
            ["12-06", "12-07"],
        ),
        (ScheduleWords(Frequency.MONTHLY, SEVEN, day="5"), "0 7 5 * *", "on day 5", ["12-05"]),
        (
            ScheduleWords(Frequency.MONTHLY, SEVEN, day="L"),
            "0 7 L * *",
            "on its last day",
            ["12-31", "01-31", "02-28"],
        ),
        (
            ScheduleWords(Frequency.MONTHLY_WORKING_DAY, SEVEN),
            "0 7 * * *",
            "Every month on its first working day",
            ["01-01", "02-01", "03-01", "04-01", "05-03"],
        ),
        (
            ScheduleWords(Frequency.QUARTERLY, SEVEN, day="2"),
            "0 7 2 1,4,7,10 *",
            "Every quarter on day 2",
            ["01-02", "04-02"],
        ),
        (
            ScheduleWords(Frequency.QUARTERLY_WORKING_DAY, SEVEN),
            "0 7 * 1,4,7,10 *",
            "Every quarter on its first working day",
            ["01-01", "04-01", "07-01", "10-01", "01-03"],
        ),
    ],
    ids=str,
)
def test_words_are_compiled_and_read_back(words, cron, sentence, next_days):
    timing = words.compile()
    assert timing.cron == cron
    assert sentence in describe_timing(timing)
    assert read_words(timing) == words
    times = timing.next_times(len(next_days), NOW)
    assert [f"{at:%m-%d}" for at in times] == next_days


@pytest.mark.parametrize(
    "cron", ["*/5 * * * *", "0 7 1,15 * *", "0 7 31 * *", "0 7 1 * 1", "0 7 * * MON#1", "0 7 * 2 *"]
)
def test_what_no_words_say_stays_cron(cron):
    assert read_words(Timing(cron)) is None
    assert cron in describe_timing(Timing(cron))


def test_ranges_and_names_of_weekdays_are_words():
    assert read_words(Timing("0 7 * * MON-FRI")).weekdays == (0, 1, 2, 3, 4)
    assert read_words(Timing("0 7 * * 7")).weekdays == (6,)


def test_a_day_that_is_never_the_first_working_day_is_refused():
    with pytest.raises(ValueError, match="never occurs on the first working day"):
        Timing("0 7 15 * *", first_working_day=True).next_after(NOW)


def test_every_minute_of_the_first_working_day_is_found_at_once():
    assert Timing("* * * * *", first_working_day=True).next_after(NOW).day == 1
