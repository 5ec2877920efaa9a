"""Frequencies: "once in 10 years", "2 x per year", ">10/yr", as times a year and as ratings.

The ratings are those of NIST SP 800-30, table G-3: more than 100 times a year is 5, more than 10
is 4, once a year or more 3, once in 10 years or more 2, less often 1.
"""

import re
from collections.abc import Iterator
from fractions import Fraction

from risks.registers.mapping.lexicon import INTERVALS
from risks.registers.mapping.lexicon.words import by_word, key_set
from risks.registers.reading.text import match_key

_PER_YEAR = by_word({
    Fraction(8_760): ("hour", "hours", "hr", "hrs", "stunde", "heure"),
    Fraction(365): (
        *("day", "days", "tag", "tage", "tagen", "jour", "jours", "dia", "dias", "giorno"),
        *("giorni", "dag", "dagen", "dzień", "den", "день", "天", "日"),
    ),
    Fraction(52): (
        *("week", "weeks", "wk", "woche", "wochen", "semaine", "semaines", "semana"),
        *("semanas", "settimana", "settimane", "weken", "tydzień", "týden", "неделю", "周", "週"),
    ),
    Fraction(12): (
        *("month", "months", "mth", "monat", "monate", "monaten", "mois", "mes", "meses"),
        *("mese", "mesi", "mês", "maand", "maanden", "miesiąc", "miesięcy", "měsíc", "měsíců"),
        *("месяц", "месяцев", "月"),
    ),
    Fraction(4): (
        *("quarter", "quarters", "quartal", "quartale", "trimestre", "trimestres"),
        *("kwartaal", "kwartał", "čtvrtletí", "квартал"),
    ),
    Fraction(1): (
        *("year", "years", "yr", "yrs", "y", "annum", "jahr"),
        *("jahre", "jahren", "j", "an", "ans", "année", "années", "año", "años", "anno"),
        *("anni", "ano", "anos", "jaar", "jaren", "rok", "roku", "lat", "lata", "let", "roky"),
        *("год", "года", "лет", "году", "年"),
    ),
    Fraction(1, 10): ("decade", "decades", "jahrzehnt", "décennie", "década", "decennio"),
    Fraction(1, 100): ("century", "centuries", "jahrhundert", "siècle", "siglo", "secolo"),
})  # fmt: skip
_COUNTS = by_word({
    Fraction(1): (
        *("once", "one", "einmal", "ein", "eine", "einem", "une", "un", "una", "uno", "uma", "um"),
        *("een", "eens", "raz", "jednou", "один", "одна"),
    ),
    Fraction(2): (
        *("twice", "two", "zweimal", "zwei", "deux", "dos", "due", "duas", "dois", "twee", "dwa"),
        *("dvakrát", "два", "две"),
    ),
    Fraction(3): (
        *("three", "dreimal", "drei", "trois", "tres", "tre", "três", "drie", "several"),
        *("multiple", "few", "many", "mehrmals", "mehrere", "plusieurs", "varias"),
        *("varie", "várias", "kilka", "několikrát", "три", "несколько"),
    ),
    Fraction(5): ("five", "fünf", "cinq", "cinco", "cinque", "vijf"),
    Fraction(10): ("ten", "zehn", "dix", "diez", "dieci", "dez", "tien"),
    Fraction(100): ("hundred", "hundert", "cent", "cien", "cento", "honderd"),
})  # fmt: skip
# What stands between how many times, and in how long.
_PER = key_set((
    *("per", "a", "in", "every", "each", "within", "pro", "p", "je", "alle", "jede", "jedes"),
    *("jeden", "par", "tous", "toutes", "chaque", "por", "al", "cada", "ogni", "all", "na", "za"),
    *("co", "każdy", "om", "elke", "v", "w", "в", "за", "на", "каждые", "каждый", "dans", "im"),
))  # fmt: skip
_NOISE = key_set((
    *("time", "times", "x", "mal", "fois", "vez", "veces", "vezes", "volta", "volte", "keer"),
    *("razy", "krát", "раз", "раза", "about", "approx", "approximately", "ca", "circa", "the"),
    *("events", "event", "incidents", "incident", "occurrence", "occurrences", "etwa", "environ"),
    *("more", "less", "than", "at", "least", "most", "or", "over", "under", "up", "to", "les"),
    *("than", "mehr", "als", "weniger", "plus", "moins", "más", "menos", "più", "meno", "the"),
    *("last", "next", "of", "de", "den", "dem", "ou", "oder", "between", "and", "und", "et"),
))  # fmt: skip
_MORE = re.compile(
    r"[>\u2265]|\b(more|over|mehr|plus|at least|más|più|mais|meer|ponad|více|более)\b",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"[<\u2264]|\b(less|under|weniger|moins|menos|meno|minder|mniej|méně|менее)\b", re.IGNORECASE
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+|/")
_EAST_ASIAN = re.compile(
    r"(?:每|毎)?(?P<span>\d+(?:\.\d+)?)?\s*(?P<unit>[年月周週日天])(?:に|間に|内)?"
    r"(?:(?P<count>\d+(?:\.\d+)?|一|数)\s*(?:次|回))?"
)
_LITTLE = Fraction(1, 1_000)  # what "more than" and "less than" add or take away
_LONGEST = 60
_DAILY = key_set((
    *("daily", "hourly", "täglich", "quotidien", "quotidienne", "diario", "diaria", "giornaliero"),
    *("diário", "dagelijks", "codziennie", "dziennie", "denně", "ежедневно", "每天", "毎日"),
))  # fmt: skip
_STEPS = (Fraction(1, 10), Fraction(1), Fraction(10), Fraction(100))


def frequency_rating(times_a_year: Fraction) -> int:
    return 1 + sum(times_a_year >= step if step <= 1 else times_a_year > step for step in _STEPS)


def times_a_year(text: str) -> Fraction | None:
    """The frequency that a text says; None if it says none."""
    if len(text) > _LONGEST:
        return None
    word = match_key(text)
    if word in _DAILY:
        return Fraction(365)
    if days := INTERVALS.get(word):
        return round_to_year(Fraction(365, days))
    times = east_asian_frequency(text)
    if times is None:
        times = frequency_of_words(text.replace("\u2019", "'").replace("p.a.", "per year"))
    if times is None:
        return None
    more, less = bool(_MORE.search(text)), bool(_LESS.search(text))
    is_interval = bool(re.search(r"\b(in|every|alle|tous|cada|ogni)\b", text)) and times < 1
    direction = more - less
    # "Less than every 10 years" is less often; "every 10 years or more" is less often, too.
    if is_interval and more:
        direction = -1
    return times * (1 + direction * _LITTLE)


def round_to_year(times: Fraction) -> Fraction:
    """Quarterly is four times a year, though no quarter has 91 days exactly."""
    return Fraction(round(times)) if times >= 1 else times


def frequency_of_words(text: str) -> Fraction | None:
    """Numbers before and after "per" or "in", and a unit of time at the end."""
    before: list[Fraction] = []
    after: list[Fraction] = []
    has_per = False
    unit: Fraction | None = None
    for part in words_of(text):
        number = parse_number(part)
        if unit is not None:
            return None  # something comes after the unit
        if number is not None:
            (after if has_per else before).append(number)
        elif part == "/" or (part in _PER and part not in _PER_YEAR):
            has_per = True
        elif part in _PER_YEAR:
            unit = _PER_YEAR[part]
        else:
            return None
    if unit is None or not has_per:
        return None
    count = mean(before) if before else Fraction(1)
    span = mean(after) if after else Fraction(1)
    return count / span * unit if span > 0 else None


def words_of(text: str) -> Iterator[str]:
    for part in _TOKEN.findall(text.casefold()):
        word = part if part == "/" or part[0].isdigit() else match_key(part)
        if word and word not in _NOISE:
            yield word


def parse_number(part: str) -> Fraction | None:
    if part[0].isdigit():
        return Fraction(part.replace(",", "."))
    return _COUNTS.get(part)


def mean(numbers: list[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def east_asian_frequency(text: str) -> Fraction | None:
    """10年に1回, 每年2次, 毎月"""
    match = _EAST_ASIAN.fullmatch(text.strip())
    if not match or not (match["count"] or text.strip()[0] in "每毎"):
        return None
    counts = {"一": Fraction(1), "数": Fraction(3), None: Fraction(1)}
    count = counts.get(match["count"]) or Fraction(match["count"])
    span = Fraction(match["span"] or 1)
    return count / span * _PER_YEAR[match_key(match["unit"])] if span else None
