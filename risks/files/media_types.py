"""The type of a file, decided by its content. Its name chooses only among types of one family.

A file that says one thing by its name and is another is kept as what it is. One that is two things
at once is refused: each program would see another one in it.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

import orjson
import puremagic
from django.utils.translation import gettext as _

from risks.files.archives import archive_type, directory_size_of
from risks.files.names import ending_of
from risks.files.refusals import refuse_file

UNKNOWN = "application/octet-stream"
HEAD = 64 * 1024
CHUNK = 1024**2
LARGEST_JSON = 5 * 1024**2  # that is parsed
# Bytes that only programs begin with, longest first where one begins another.
PROGRAMS = {
    b"MZ": "application/vnd.microsoft.portable-executable",
    b"\x7fELF": "application/x-executable",
    b"\xfe\xed\xfa\xce": "application/x-mach-binary",
    b"\xfe\xed\xfa\xcf": "application/x-mach-binary",
    b"\xce\xfa\xed\xfe": "application/x-mach-binary",
    b"\xcf\xfa\xed\xfe": "application/x-mach-binary",
    b"\xca\xfe\xba\xbe": "application/java-vm",
    b"\0asm": "application/wasm",
    b"dex\n": "application/vnd.android.dex",
}
SCRIPT = "text/x-script"
ARCHIVE_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
PDF_MARK = b"%PDF-"
OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # documents of Office before 2007
OLE_TYPES = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".msg": "application/vnd.ms-outlook",
    ".vsd": "application/vnd.visio",
}
OLE = "application/x-ole-storage"
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # text has none; ESC colours logs
HTML = re.compile(
    r"<(!doctype\s+html|html|head|body|script|iframe|style|title|table|div|a\s|br|p|h1|!--)\b",
    re.IGNORECASE,
)
SVG = re.compile(r"<([\w.-]+:)?svg[\s>]", re.IGNORECASE)
ACTIVE_ELEMENT = re.compile(r"<(!doctype\s+html|html|script|iframe|svg)[\s>]", re.IGNORECASE)
# Beginnings of kinds of text, each with its type.
BEGINNINGS = (
    (re.compile("%PDF-"), "application/pdf"),
    (re.compile(r"\{\\rtf"), "application/rtf"),
    (re.compile("%!PS"), "application/postscript"),
    (
        re.compile(r"(From|Received|Return-Path|Delivered-To|MIME-Version|Message-ID): "),
        "message/rfc822",
    ),
)
SCRIPT_ENDINGS = {
    ".bat", ".cmd", ".com", ".hta", ".js", ".jse", ".lnk", ".mjs", ".ps1", ".psm1", ".py", ".reg",
    ".sh", ".url", ".vb", ".vbe", ".vbs", ".wsf",
}  # fmt: skip
TEXT_TYPES = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".md": "text/markdown"}
# Sent as bytes without a meaning, so that no browser runs or shows them.
ACTIVE = {
    *PROGRAMS.values(),
    SCRIPT,
    "application/java-archive",
    "application/xhtml+xml",
    "application/xml",
    "image/svg+xml",
    "text/html",
}


def find_media_type(file: BinaryIO, size: int, name: str) -> str:
    """Return the media type of a file that is not empty, and leave it at its beginning.

    Raises ValidationError for archives that may not be kept, and for two files in one.
    """
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(ARCHIVE_MARKS):
        return archive_type(file, size)
    text = read_text_head(file, head)
    media_type = text_type(text, file, size, name) if text is not None else binary_type(head, name)
    file.seek(0)
    check_single(media_type, file, size, head)
    return media_type


def check_single(media_type: str, file: BinaryIO, size: int, head: bytes) -> None:
    """Raise where a file is an archive or a PDF document as well as `media_type`."""
    second = ""
    if media_type not in ACTIVE and directory_size_of(file, size) is not None:
        second = _("an archive")  # a program may unpack itself
    elif media_type != "application/pdf" and PDF_MARK in head[:1024] and media_type != UNKNOWN:
        second = _("a PDF document")
    elif media_type.startswith(("image/", "audio/", "video/")) and is_markup(head):
        second = _("a web page")
    if second:
        raise refuse_file(
            _(
                "This file is two in one: {first} and {second}. Programs would disagree about "
                "what it is. Save it again from the program that made it."
            ).format(first=describe_media_type(media_type), second=second)
        )


def is_markup(head: bytes) -> bool:
    """Return whether bytes that are not text hold a script or a page for a browser."""
    return re.search(rb"<(script|html|iframe)[\s>]", head, re.IGNORECASE) is not None


def binary_type(head: bytes, name: str) -> str:
    """Return the media type of what is not text."""
    for mark, media_type in PROGRAMS.items():
        if head.startswith(mark):
            return media_type
    if PDF_MARK in head[:1024] and head.lstrip().startswith(PDF_MARK):
        return "application/pdf"
    if head.startswith(OLE_MARK):
        return OLE_TYPES.get(ending_of(name), OLE)
    try:
        guesses = puremagic.magic_string(head, filename=name)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    known = (guess.mime_type for guess in guesses if "/" in guess.mime_type)
    return next(known, UNKNOWN)[:100]


# --- Text


def read_text_head(file: BinaryIO, head: bytes) -> str | None:
    """Return the beginning of a file that is text from its first to its last byte, else None.

    Text is UTF-8, or what its byte order mark says; else an older encoding of one byte a sign, if
    the file holds no control characters.
    """
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), "utf-8")
    for candidate in (encoding, "latin-1") if encoding == "utf-8" else (encoding,):
        try:
            for text in decode_chunks(file, candidate):
                if has_control_characters(text, candidate):
                    break
            else:
                return codecs.getincrementaldecoder(candidate)("replace").decode(head)
        except UnicodeDecodeError:
            continue
        finally:
            file.seek(0)
    return None


def decode_chunks(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the whole file as text, piece by piece. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder(encoding)()
    while chunk := file.read(CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def has_control_characters(text: str, encoding: str) -> bool:
    """Return whether text of a file is none; in one byte a sign, C1 controls are signs too."""
    if CONTROL.search(text):
        return True
    # Of other bytes a fifth is in this range; of text in any alphabet hardly one.
    return encoding == "latin-1" and len(re.findall(r"[\x81\x8d\x8f\x90\x9d]", text)) > 0


def text_type(text: str, file: BinaryIO, size: int, name: str) -> str:
    """Return the media type of a text by its first characters."""
    start, ending = text.lstrip("\ufeff \t\r\n"), ending_of(name)
    if start.startswith("#!") or ending in SCRIPT_ENDINGS:
        return SCRIPT
    if markup := markup_type(start):
        return markup
    for pattern, media_type in BEGINNINGS:
        if pattern.match(start):
            return media_type
    if start.startswith(("{", "[")) and is_json(file, size):
        return "application/json"
    return TEXT_TYPES.get(ending) or table_type(text)


def markup_type(text: str) -> str:
    """Return the media type of SVG, HTML or XML, also where it follows other text; else ""."""
    if not text.startswith("<"):
        return "text/html" if ACTIVE_ELEMENT.search(text) else ""
    if SVG.search(text):
        return "image/svg+xml"
    if HTML.search(text):
        return "text/html"
    is_xml = text.startswith("<?xml") or text.rstrip().endswith(">")
    return "application/xml" if is_xml else ""


def is_json(file: BinaryIO, size: int) -> bool:
    """Return whether the file is one JSON value; a very large one is not looked at."""
    if size > LARGEST_JSON:
        return False
    try:
        orjson.loads(file.read().removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        return False
    return True


def table_type(text: str) -> str:
    """Return text/csv where the first lines have the same number of delimiters, else text/plain."""
    lines = [line for line in text.splitlines()[:10] if line.strip()]
    for delimiter, media_type in ((",", "text/csv"), (";", "text/csv"), ("\t", TEXT_TYPES[".tsv"])):
        counts = {line.count(delimiter) for line in lines}
        if len(lines) > 1 and len(counts) == 1 and counts.pop() > 0:
            return media_type
    return "text/plain"


# --- Words


LABELS = (
    ("application/pdf", "PDF"),
    ("wordprocessingml", "Word"),
    ("application/msword", "Word"),
    ("ms-word", "Word"),
    ("spreadsheetml", "Excel"),
    ("ms-excel", "Excel"),
    ("presentationml", "PowerPoint"),
    ("ms-powerpoint", "PowerPoint"),
    ("ms-outlook", "Outlook"),
    ("opendocument.text", "OpenDocument text"),
    ("opendocument.spreadsheet", "OpenDocument table"),
    ("opendocument.presentation", "OpenDocument slides"),
    ("image/svg+xml", "SVG"),
    ("text/csv", "CSV"),
    ("text/html", "HTML"),
    ("text/markdown", "Markdown"),
    ("application/json", "JSON"),
    ("application/xml", "XML"),
    ("message/rfc822", "E-mail"),
    ("application/rtf", "RTF"),
)


def describe_media_type(media_type: str) -> str:
    """Return the type in words: "PDF", "PNG image", "Program"."""
    if label := next((label for part, label in LABELS if part in media_type), ""):
        return label
    kind, _slash, subtype = media_type.partition("/")
    subtype = subtype.removeprefix("x-").removeprefix("vnd.")
    if media_type in PROGRAMS.values() or media_type == "application/java-archive":
        return str(_("Program"))
    if media_type == SCRIPT:
        return str(_("Script"))
    if media_type in (UNKNOWN, OLE):
        return str(_("Unknown type"))
    words = {
        "image": _("{type} image"),
        "audio": _("{type} sound"),
        "video": _("{type} video"),
        "text": _("Text"),
        "application": _("{type} file"),
    }
    return str(words.get(kind, "{type}")).format(type=subtype.upper())


# What a name with such an ending promises.
PROMISED = {
    ".pdf": ("application/pdf",),
    ".png": ("image/png",),
    ".gif": ("image/gif",),
    ".jpg": ("image/jpeg",),
    ".jpeg": ("image/jpeg",),
    ".docx": ("wordprocessingml",),
    ".xlsx": ("spreadsheetml",),
    ".pptx": ("presentationml",),
    ".txt": ("text/", "application/json", "message/"),
    ".csv": ("text/",),
    ".log": ("text/", "application/json", "message/"),
}


def is_misleading(name: str, media_type: str) -> bool:
    """Return whether the ending of the name promises another type than the file has."""
    promised = PROMISED.get(ending_of(name))
    if promised is None:
        return False
    is_text = promised[0] == "text/"
    return (
        media_type in ACTIVE
        if is_text and media_type.startswith("text/")
        else not any(part in media_type for part in promised)
    )
