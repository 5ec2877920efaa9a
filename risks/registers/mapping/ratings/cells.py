"""Cells: the meaning of one text in a column of likelihoods or impacts says."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction

from risks.registers.mapping.lexicon import find_word
from risks.registers.mapping.lexicon.words import key_set
from risks.registers.mapping.ratings.frequencies import times_a_year
from risks.registers.mapping.ratings.scales import PERCENT, Scale
from risks.registers.reading.text import match_key

_LONGEST = 120  # characters of a rating with its explanation
_DIGITS = r"\d{1,12}(?:[.,]\d{1,17})?"  # a spreadsheet stores 17 significant digits
_ABOUT = (
    r"(?:~|\u2248|\u2243|\u00b1|ca\.?|c\.|circa|about|approx\.?|approximately|around|etwa|rund|"
    r"env\.?|environ|aprox\.?|около|ok\.|asi|\u7ea6|\u7d04|[<>\u2264\u2265]=?|up to|bis zu|"
    r"over|under|unter|\u00fcber|more than|less than|max\.?|min\.?)?\s*"
)
_PERCENT_SIGN = (
    r"(?:%|\uff05|percent|per cent|prozent|pct\.?|pour ?cent|por ciento|por cento|per cento|"
    r"procent|процентов)"
)
_NUMBER = re.compile(
    rf"{_ABOUT}([-+]?{_DIGITS})\s*({_PERCENT_SIGN})?"
    rf"(?:\s*(?:-|to|bis|\.\.\.?|/)\s*(\d{{1,3}}(?:[.,]\d{{1,6}})?)\s*({_PERCENT_SIGN})?)?\s*\+?",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"(\d{1,3}(?:[.,]\d)?)\s*(?:/|of|out of|von|sur|de|su|van|z|из)\s*(\d{1,3})", re.IGNORECASE
)
_MONEY = re.compile(
    r"[$€£¥₹₽]|\d\s*(?:k|m|mn|mio|bn|thousand|million|billion|tsd|crore|lakh|"
    r"usd|eur|gbp|chf|cad|aud|pln|czk|kč|zł|рублей|млн|тыс|万|円|元)\b\.?|"
    r"\b(?:usd|eur|gbp|chf|cad|aud|pln|czk|rub|jpy|cny|inr|brl)\b",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(
    r"[\[(]?(\d{1,3})(\s*[)\]]\s*[-:.=]?|\s*[-:.=]|\s)\s*(.*[^\W\d].*)", re.DOTALL
)
_NUMBER_LAST = re.compile(r"(.*[^\W\d].*?)(\s*[:=(\[-]|\s)\s*(\d{1,3})\s*[)\]]?", re.DOTALL)
_LETTER_AND_NUMBER = re.compile(r"[A-Za-z]{1,2}-?(\d)")
_BRACKET = re.compile(r"\s*[(\[{][^)\]}]*[)\]}]\s*")
_EXPLANATION = re.compile(r"\s*(?:\s[-\u2013\u2014]\s|[:;,\n]).*", re.DOTALL)
_BETWEEN = key_set(("to", "bis", "à", "a", "al", "tot", "do", "до", "or", "oder", "ou", "o", "and"))
_ZH_BETWEEN = re.compile(r"[\u81f3\u5230\u304b\u3089/\uff5e~\u2013\u2014-]+")


@dataclass(frozen=True, slots=True)
class RatedCell:
    """A number, words, or both. Two words mean what is between them.

    `is_plain` if there is nothing but a number or one word; `scale` is the cell's own: "4/10".
    """

    number: Fraction | None = None
    words: tuple[str, ...] = ()
    is_plain: bool = True
    scale: Scale | None = None
    times_a_year: Fraction | None = None
    is_money: bool = False


def parse_cell(text: str, known: Collection[str]) -> RatedCell | None:
    """The meaning of `text` in the words of `known`; None if nothing in it is understood."""
    if len(text) > _LONGEST:
        return None
    if word := find_word(known, text):
        return RatedCell(words=(word,))
    text = unicodedata.normalize("NFKC", text).replace("\u2013", "-").replace("\u2014", "-").strip()
    for parse in (parse_number, parse_frequency, parse_money):
        if cell := parse(text):
            return cell
    if cell := parse_number_with_word(text, known) or parse_between(text, known):
        return cell
    for shorter in shorten_explanation(text):
        if cell := parse_cell(shorter, known):
            return RatedCell(
                cell.number, cell.words, False, cell.scale, cell.times_a_year, cell.is_money
            )
    return None


def parse_number(text: str) -> RatedCell | None:
    if (match := _OUT_OF.fullmatch(text)) and int(match[2]) > 1:
        value = to_fraction(match[1])
        return RatedCell(value, is_plain=False, scale=Scale(1, int(match[2])))
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    value, end = to_fraction(match[1]), match[3]
    if end:
        value = (value + to_fraction(end)) / 2
    elif text.startswith(">"):
        value += Fraction(1, 1_000)
    is_percent = bool(match[2] or match[4])
    is_plain = bool(re.fullmatch(rf"[-+]?{_DIGITS}", text))
    return RatedCell(value, is_plain=is_plain, scale=PERCENT if is_percent else None)


def to_fraction(digits: str) -> Fraction:
    return Fraction(digits.replace(",", "."))


def parse_frequency(text: str) -> RatedCell | None:
    times = times_a_year(text)
    return None if times is None else RatedCell(times_a_year=times, is_plain=False)


def parse_money(text: str) -> RatedCell | None:
    has_amount = _MONEY.search(text) and re.search(r"\d", text)
    return RatedCell(is_money=True, is_plain=False) if has_amount else None


def parse_number_with_word(text: str, known: Collection[str]) -> RatedCell | None:
    """4 - Likely, Likely (4), 4 (with any word beside it), L4"""
    if match := _LETTER_AND_NUMBER.fullmatch(text):
        return RatedCell(Fraction(match[1]), is_plain=False)
    if match := _NUMBER_FIRST.fullmatch(text):
        digits, separator, rest = match.groups()
    elif match := _NUMBER_LAST.fullmatch(text):
        rest, separator, digits = match.groups()
    else:
        return None
    rest = rest.strip(" ()[]-:.=")
    texts = (rest, *shorten_explanation(rest))
    word = next(filter(None, (find_word(known, part) for part in texts)), None)
    if word is None and not separator.strip():  # "2 weeks" is not a rating
        return None
    return RatedCell(Fraction(digits), (word,) if word else (), is_plain=False)


def parse_between(text: str, known: Collection[str]) -> RatedCell | None:
    """Medium-High, Low/Medium, medium to high: two known words with nothing else between them."""
    parts = [part for part in _ZH_BETWEEN.split(text) if part.strip()]
    if len(parts) == 2 and (words := find_words(parts, known)):
        return RatedCell(words=words, is_plain=False)
    tokens = match_key(text).split()
    for middle in range(1, len(tokens)):
        first, second = tokens[:middle], tokens[middle:]
        if second[0] in _BETWEEN and len(second) > 1:
            second = second[1:]
        if words := find_words((" ".join(first), " ".join(second)), known):
            return RatedCell(words=words, is_plain=False)
    return None


def find_words(parts: Collection[str], known: Collection[str]) -> tuple[str, ...] | None:
    words = tuple(word for part in parts if (word := find_word(known, part)))
    return words if len(words) == len(parts) else None


def shorten_explanation(text: str) -> Iterator[str]:
    """The text without what stands in brackets, and what stands before a dash or colon."""
    for pattern in (_BRACKET, _EXPLANATION):
        shorter = pattern.sub(" ", text).strip()
        if shorter and shorter != text:
            yield shorter
