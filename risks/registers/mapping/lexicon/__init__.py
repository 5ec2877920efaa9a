"""Lexicon: the words that other registers use in cells.

`words` compares them, `ratings` has those for likelihoods, impacts and levels, `statuses` those for
states and treatments, `times` months and intervals, `kinds` rows that are not risks. To have
another word understood, add it there as people write it: case, accents and punctuation do not
matter. The languages are English, French,
German, Spanish, Italian, Portuguese, Dutch, Polish, Czech, Russian, Chinese and Japanese.
"""

from risks.registers.mapping.lexicon.ratings import (
    IMPACTS,
    LEVELS,
    LIKELIHOODS,
    PLAIN,
    TOP,
    UNRATED,
    level_of,
)
from risks.registers.mapping.lexicon.statuses import (
    OPEN,
    STATES,
    TREATMENTS,
    leading_status_of,
    leading_treatment_of,
    status_of,
    treatment_of,
)
from risks.registers.mapping.lexicon.times import (
    INTERVALS,
    MONTHS,
    days_between_reviews,
)
from risks.registers.mapping.lexicon.words import find_word

__all__ = (
    "IMPACTS",
    "INTERVALS",
    "LEVELS",
    "LIKELIHOODS",
    "MONTHS",
    "OPEN",
    "PLAIN",
    "STATES",
    "TOP",
    "TREATMENTS",
    "UNRATED",
    "days_between_reviews",
    "find_word",
    "leading_status_of",
    "leading_treatment_of",
    "level_of",
    "status_of",
    "treatment_of",
)
