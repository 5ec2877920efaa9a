"""Reads ZIP files from outside into memory, within limits. Nothing is unpacked to a disk."""

import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

MAX_FILES = 200
MAX_BYTES = 128 * 1024**2  # of all files together, unpacked
MAX_RATIO = 200  # of unpacked to packed bytes; that of text is about 10
RATIO_FREE_BYTES = 1024**2  # a file up to this size may have any ratio
# LZMA lets an archive choose how much memory it takes to unpack it.
ALLOWED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNUSUAL = "The archive uses an unusual compression. Pack it as plain ZIP."


class BadArchive(Exception):
    """The message says what is wrong with the archive."""


def is_archive(file: IO[bytes]) -> bool:
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    return start[:2] == b"PK"


def read_archive(file: IO[bytes]) -> dict[str, bytes]:
    """The content of the files by their path. Raises BadArchive."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            check_directory(members)
            return {member.filename: read_member(archive, member) for member in members}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise BadArchive("The archive is damaged or encrypted. Pack it again.") from error
    except NotImplementedError:
        raise BadArchive(_UNUSUAL) from None


def check_directory(members: list[zipfile.ZipInfo]) -> None:
    """Check the archive's own list of its files, before anything is unpacked."""
    if len(members) > MAX_FILES:
        raise BadArchive(f"The archive has more than {MAX_FILES} files. Pack fewer.")
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise BadArchive(f"The archive unpacks to more than {MAX_BYTES // 1024**2} MB. Split it.")
    names = [member.filename for member in members]
    if len({name.lower() for name in names}) < len(names):
        raise BadArchive("The archive has two files of the same name. Rename one.")
    for member in members:
        path, name = PurePosixPath(member.filename), member.filename[:100]
        is_outside = path.is_absolute() or ".." in path.parts
        if is_outside or any(character in member.filename for character in "\\:\0"):
            raise BadArchive(f"{name!r} would be unpacked outside of the archive. Rename it.")
        if member.compress_type not in ALLOWED_METHODS:
            raise BadArchive(_UNUSUAL)
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            raise BadArchive(f"{name} is a link. Pack the file itself.")
        if member.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * member.compress_size):
            raise BadArchive(f"{name} unpacks to far more than any text. Leave it out.")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Read no more than the directory announces, however long the file really is."""
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise BadArchive(f"{member.filename[:100]} has an unexpected length. Pack it again.")
    return content
