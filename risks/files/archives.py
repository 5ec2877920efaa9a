"""Archives in the ZIP format: the kind of document that they are, and whether they may be kept.

Nothing is unpacked. The directory at the end of the file says what is in it and how large that is;
its own size is looked at first, since reading a directory of millions of entries takes memory.
"""

import struct
import zipfile
import zlib
from typing import BinaryIO

from django.utils.translation import gettext as _

from risks.files.refusals import refuse_file

MOST_UNPACKED = 2 * 1024**3
LARGEST_DIRECTORY = 2 * 1024**2  # some 20,000 entries
LONGEST_COMMENT = 0xFFFF
END_MARK = b"PK\x05\x06"
END = struct.Struct("<4s4H2LH")  # of the directory: its size is the sixth of these
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
OFFICE = "application/vnd.openxmlformats-officedocument."
# The part that a document of the kind must have, and its type; the first that is there counts.
PARTS = (
    ("word/vbaProject.bin", "application/vnd.ms-word.document.macroenabled.12"),
    ("xl/vbaProject.bin", "application/vnd.ms-excel.sheet.macroenabled.12"),
    ("ppt/vbaProject.bin", "application/vnd.ms-powerpoint.presentation.macroenabled.12"),
    ("word/document.xml", f"{OFFICE}wordprocessingml.document"),
    ("xl/workbook.xml", f"{OFFICE}spreadsheetml.sheet"),
    ("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
    ("ppt/presentation.xml", f"{OFFICE}presentationml.presentation"),
    ("visio/document.xml", "application/vnd.ms-visio.drawing"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
    ("AndroidManifest.xml", "application/vnd.android.package-archive"),
)
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)


def archive_type(file: BinaryIO, size: int) -> str:
    """Return the media type of an archive: that of a document, or application/zip.

    Raises ValidationError where it would unpack to very much, or cannot be read.
    """
    directory_size = directory_size_of(file, size)
    if directory_size is None:
        raise refuse_file(_("This archive is damaged: its end is missing. Pack or send it again."))
    if directory_size == 0xFFFFFFFF:
        raise refuse_file(_("This archive is in the ZIP64 format. Pack it again, without that."))
    if directory_size > LARGEST_DIRECTORY:
        raise refuse_file(_("This archive holds too many files. Split it."))
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            declared = read_declared_type(archive) if entries else ""
    except UNREADABLE:
        raise refuse_file(_("This archive cannot be read. Pack or send it again.")) from None
    check_unpacked_size(sum(entry.file_size for entry in entries))
    names = {entry.filename for entry in entries}
    return declared or next((kind for part, kind in PARTS if part in names), "application/zip")


def read_declared_type(archive: zipfile.ZipFile) -> str:
    """Return the type that OpenDocument files and e-books name in their first entry, or ""."""
    entry = archive.infolist()[0]
    if entry.filename != "mimetype" or entry.file_size > 200:
        return ""
    declared = archive.read(entry).decode("ascii", "replace").strip()
    is_known = declared.startswith(OPEN_DOCUMENT) or declared == "application/epub+zip"
    return declared if is_known and len(declared) <= 100 else ""


def check_unpacked_size(unpacked: int) -> None:
    """Raise where an archive says that it unpacks to more than MOST_UNPACKED."""
    if unpacked > MOST_UNPACKED:
        raise refuse_file(
            _(
                "This archive would unpack to {unpacked} GB and could fill the disk of a person "
                "who opens it. At most {most} GB are allowed."
            ).format(unpacked=f"{unpacked / 1024**3:,.0f}", most=MOST_UNPACKED // 1024**3)
        )


def directory_size_of(file: BinaryIO, size: int) -> int | None:
    """Return the size of the directory of an archive that ends exactly where the file does.

    None where the file does not end with an archive.
    """
    file.seek(max(size - END.size - LONGEST_COMMENT, 0))
    tail = file.read()
    file.seek(0)
    position = tail.rfind(END_MARK)
    while position >= 0:
        record = tail[position : position + END.size]
        if len(record) == END.size:
            *_counts, directory_size, _offset, comment = END.unpack(record)
            if position + END.size + comment == len(tail):
                return int(directory_size)
        position = tail.rfind(END_MARK, 0, position)
    return None
