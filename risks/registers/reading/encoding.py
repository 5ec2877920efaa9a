"""Encodings: from the bytes of a text file to its text, with what was guessed, or a refusal.

A byte order mark, UTF-16 and UTF-8 are certain. What else it may be is read in each encoding, and
the text tells: whether its letters are those of one language, stand where letters stand, and make
headers that we know.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from risks.registers.reading.alphabets import ENCODINGS, Encoding
from risks.registers.reading.sheet import HeaderScore
from risks.registers.results import ImportFileError, UnclearFile

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16, so it is looked for before
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 64 * 1024  # bytes of lines with other letters than a to z, that are judged
HEADER_LINES = 25
SURE = 0.8  # of 1, that a text must look like a language to be read without asking
_CLEAR = 0.1  # that another script must look less like it
_HEADER = 0.25  # that a known header counts for, written with other letters than a to z
_WIDE_NUL = 0.2  # of all bytes, at one of two places, in UTF-16 without a mark
_FREQUENT = 0.35  # of the characters of a Chinese, Japanese or Korean text, at least
_TOP, _TOP_SHARE = 13, 0.6  # letters of an alphabet, and their share of a text at least
_LONG = 4  # letters: of a Greek word that has an accent, and of a text that says enough
_DOUBT = 0.5  # that so few letters are of an encoding that is rare today
_SHOWN = 60

_LETTERS = re.compile(r"[^\W\d_]+")
_OPENING = set("¿¡«\u2039\u201c\u201e\u2018\u201a")  # not behind a letter
_BETWEEN = set("\u2019°·\u00a0\u00ad")  # anywhere
_DASHES = set("\u2013\u2014\u2026")  # not between small letters
_CLOSING = set("§²³®©™½¼¾\u00d7ªº€£¥¢‰µ±»\u203a\u201d\u2020\u2021\u2022№")  # not before a letter
_SEPARATORS = re.compile(r'[,;\t|"]+')
_UNREADABLE = "The file cannot be read as text. Save it as 'CSV UTF-8' or as XLSX, and import that."


def decode_text(
    data: bytes, header_score: HeaderScore, encoding: str = ""
) -> tuple[str, list[str]]:
    """Return the text and notes. Raises ImportFileError if it is unclear how to read it."""
    if encoding:
        return decode_as_told(data, encoding), []
    if mark := next((codec for mark, codec in _MARKS if data.startswith(mark)), None):
        return check_text(decode_or_none(data, mark)), []
    if b"\0" in data:
        return check_text(decode_wide(data)), ["The file has no byte order mark; read as UTF-16."]
    if (text := decode_or_none(data, "utf-8")) is not None:
        return text, []
    return decode_by_look(data, header_score)


def decode_or_none(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def check_text(text: str | None) -> str:
    if text is None or "\0" in text:
        raise ImportFileError(_UNREADABLE)
    return text


def decode_wide(data: bytes) -> str | None:
    """Return the text of UTF-16 without a mark: every other byte of its Latin letters is 0."""
    for start, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        if data[start::2].count(0) >= _WIDE_NUL * len(data) / 2:
            return decode_or_none(data, codec)
    return None


def decode_as_told(data: bytes, name: str) -> str:
    try:
        codec = codecs.lookup(name.strip())
        "".encode(codec.name)  # refuses codecs that are not of text, such as rot13
    except LookupError:
        known = ", ".join(["utf-8", "utf-16", *(encoding.codec for encoding in ENCODINGS)])
        raise ImportFileError(
            f"'{name}' is not an encoding that is known here. Known are, for example: {known}."
        ) from None
    try:
        text = data.decode(codec.name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ImportFileError(
            f"Line {line} is not written in {codec.name}. Name another encoding, or leave it to us."
        ) from None
    return check_text(text.removeprefix("\ufeff"))


# --- By the look of the text


@dataclass(frozen=True, slots=True)
class Decoding:
    """A text as one encoding reads it, and how much it looks like a language: 0 to 1, or more."""

    encoding: Encoding
    sample: str
    score: float


def decode_by_look(data: bytes, header_score: HeaderScore) -> tuple[str, list[str]]:
    sample = b"\n".join(sample_lines(data))
    readings = []
    for encoding in ENCODINGS:
        if (text := decode_or_none(sample, encoding.codec)) is not None:
            headers = count_headers(text, header_score)
            score = likeness(text, encoding, is_known=headers > 0) + _HEADER * headers
            readings.append(Decoding(encoding, text, score))
    readings.sort(key=lambda reading: -round(reading.score, 2))  # the sort is stable
    for best in readings[:1]:
        if not best.encoding.frequent:
            refuse_mixed_encodings(data)
        rivals = [r for r in readings[1:] if is_rival(r, best)]
        text = decode_or_none(data, best.encoding.codec)
        if best.score >= SURE and not rivals and text is not None:
            word = find_example(best.sample)
            note = f"The file is not UTF-8; it was read as {best.encoding.label}, e.g. '{word}'."
            return check_text(text), [f"{note} If that is wrong, name its encoding."]
    raise UnclearFile(describe_doubt(data, readings))


def sample_lines(data: bytes) -> Iterator[bytes]:
    """Yield the first lines, and lines with other bytes than ASCII, up to the size of a sample."""
    size = 0
    for number, line in enumerate(data.split(b"\n")):
        if number < HEADER_LINES or not line.isascii():
            yield line
            size += len(line)
        if size > SAMPLE:
            return


def is_rival(reading: Decoding, best: Decoding) -> bool:
    """Whether another script fits nearly as well: of two Latin ones the likelier one counts."""
    is_latin = bool(reading.encoding.alphabets) and not reading.encoding.ordered
    both_latin = is_latin and bool(best.encoding.alphabets) and not best.encoding.ordered
    is_close = reading.score > best.score - _CLEAR and reading.score >= SURE
    return is_close and not both_latin and reading.sample != best.sample


def likeness(text: str, encoding: Encoding, *, is_known: bool) -> float:
    """Return how much the characters beyond ASCII look like a language of this encoding.

    A few letters say little of a rare one, unless a header of them `is_known`.
    """
    if encoding.frequent:
        return likeness_of_characters(text, encoding)
    expected, letters, total = judge_characters(text)
    if not total:
        return 0.0
    best = max(fit_alphabet(letters, alphabet, encoding) for alphabet in encoding.alphabets)
    is_doubtful = encoding.rare and len(letters) < _LONG and not is_known
    return best * expected / total * (_DOUBT if is_doubtful else 1)


def likeness_of_characters(text: str, encoding: Encoding) -> float:
    """Return how many of the East Asian characters are frequent ones, as far as that is usual."""
    total, frequent, strange = 0, 0, 0
    for index, character in enumerate(text):
        if not character.isascii():
            total += 1
            frequent += character in encoding.frequent
            neighbours = text[index - 1 : index], text[index + 1 : index + 2]
            is_inside = all(letter.isascii() and letter.isalpha() for letter in neighbours)
            strange += is_inside or is_strange(character)
    if not total or 2 * strange > total:
        return 0.0
    return min(1.0, (frequent - strange) / total / _FREQUENT)


def is_strange(character: str) -> bool:
    """Whether East Asian texts do not have it: half-width katakana, shapes, private use."""
    is_half_width = "\uff61" <= character <= "\uff9f"
    is_punctuation = (
        "\u3000" <= character <= "\u303f"
        or character >= "\uff00"
        or "\u2010" <= character <= "\u2027"
    )
    return is_half_width or not (character.isalnum() or is_punctuation or character == "·")


def judge_characters(text: str) -> tuple[int, list[str], int]:
    """Return how many characters stand where such ones stand, the letters of them, and all."""
    expected, letters = 0, []
    for word in _LETTERS.findall(text):
        if not word.isascii():
            of_word = [letter.lower() for letter in word if not letter.isascii()]
            letters += of_word
            expected += len(of_word) * is_plausible(word)
    symbols = 0
    for index, character in enumerate(text):
        if not character.isascii() and not _LETTERS.fullmatch(character):
            symbols += 1
            expected += is_in_place(character, text[index - 1 : index], text[index + 1 : index + 2])
    return expected, letters, len(letters) + symbols


def is_in_place(symbol: str, before: str, after: str) -> bool:
    """Whether a sign stands where it does in texts: "b³¹d" is not how anyone writes."""
    return (
        symbol in _BETWEEN
        or (symbol in _OPENING and not before.isalpha())
        or (symbol in _CLOSING and not after.isalpha())
        or (symbol in _DASHES and not (before.islower() and after.islower()))
    )


def is_plausible(word: str) -> bool:
    """Whether capitals stand where they do, and letters of one script, accented as they are."""
    is_cased = word[1:].islower() or word.isupper() or word.islower()
    scripts = {script_of(letter) for letter in word}
    if scripts != {"greek"}:
        return is_cased and len(scripts) == 1
    is_accented = (
        len(word) < _LONG or word.isupper() or any(letter in "άέήίόύώΐΰ" for letter in word)
    )
    has_sigmas = "ς" not in word[:-1] and not word.endswith("σ")  # noqa: RUF001
    return is_cased and is_accented and has_sigmas


def script_of(letter: str) -> str:
    if letter < "\u0370":
        return "latin"
    return "greek" if letter < "\u0400" else "other"


def fit_alphabet(letters: list[str], alphabet: str, encoding: Encoding) -> float:
    """Return the share of the letters that this alphabet has; less if its frequent ones are few."""
    if not letters:
        return 1.0 if alphabet == ENCODINGS[0].alphabets[0] else 0.0
    share = sum(letter in alphabet for letter in letters) / len(letters)
    if encoding.ordered:
        frequent = sum(letter in alphabet[:_TOP] for letter in letters) / len(letters)
        share *= 0.7 + 0.3 * min(1.0, frequent / _TOP_SHARE)
    return share


def count_headers(text: str, header_score: HeaderScore) -> int:
    """Return how many known headers a line has that are written with other letters than a to z."""
    lines = text.split("\n")[:HEADER_LINES]
    return max(
        header_score(
            [name.strip() for name in _SEPARATORS.split(line) if name and not name.isascii()]
        )
        for line in lines
    )


# --- Messages


def find_example(text: str) -> str:
    """Return the longest word that has other letters than a to z, else what has another sign."""
    words = [word for word in _LETTERS.findall(text) if not word.isascii()]
    words = words or [word for word in text.split() if not word.isascii()]
    return max(words, key=len, default="")[:_SHOWN]


def describe_doubt(data: bytes, readings: list[Decoding]) -> str:
    """Return a sentence that shows a line as the likeliest encodings read it."""
    shown = dict.fromkeys(reading.sample for reading in readings[:3])
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.isascii() or not shown:
            continue
        texts = [
            f"'{text.strip()[:_SHOWN]}' in {reading.encoding.codec}"
            for reading in readings[:3]
            if (text := decode_or_none(line, reading.encoding.codec)) is not None
            and text.isprintable()
        ]
        if texts:
            return (
                f"It is unclear in which encoding the file is written. Line {number} would be "
                f"{' or '.join(texts)}. Name the encoding, or save the file as 'CSV UTF-8'."
            )
    return _UNREADABLE


def refuse_mixed_encodings(data: bytes) -> None:
    """Refuse a file with lines in UTF-8 and others: read as one encoding, half would be garbage.

    Files that were put together look like this. Other letters that make valid UTF-8 by chance are
    rarer.
    """
    utf8_line: int | None = None  # the first one
    other_line: int | None = None
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.isascii():
            continue
        if decode_or_none(line, "utf-8") is not None:
            utf8_line = utf8_line or number
        else:
            other_line = other_line or number
        if utf8_line and other_line:
            raise ImportFileError(
                f"Line {utf8_line} is written in UTF-8 and line {other_line} is not: the file "
                "mixes encodings. Save all of it as 'CSV UTF-8'.",
                max(utf8_line, other_line),
            )
