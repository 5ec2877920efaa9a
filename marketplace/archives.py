"""ZIP files from elsewhere, read into memory within limits. Nothing is ever unpacked to a disk."""

import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

MOST_FILES = 200
MOST_BYTES = 128 * 1024**2  # of all files together, unpacked
RATIO = 200  # unpacked bytes a packed one may stand for; text has some 10
ALWAYS_FINE = 1024**2  # bytes of a file whose ratio does not matter
# LZMA lets an archive name how much memory it takes to unpack it.
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNUSUAL = "The archive is packed in an unusual way. Pack it as plain ZIP."


class BadArchive(Exception):
    """The message says what is wrong with the archive."""


def is_archive(file: IO[bytes]) -> bool:
    file.seek(0)
    found = file.read(4)[:2] == b"PK"
    file.seek(0)
    return found


def read_archive(file: IO[bytes]) -> dict[str, bytes]:
    """The files by their path. Raises BadArchive."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check(members)
            return {member.filename: _content(archive, member) for member in members}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise BadArchive("The archive is damaged or encrypted. Pack it again.") from error
    except NotImplementedError:
        raise BadArchive(_UNUSUAL) from None


def _check(members: list[zipfile.ZipInfo]) -> None:
    """By what the directory says, before anything is unpacked."""
    if len(members) > MOST_FILES:
        raise BadArchive(f"The archive has more than {MOST_FILES} files.")
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise BadArchive(f"The archive unpacks to more than {MOST_BYTES // 1024**2} MB.")
    names = [member.filename for member in members]
    if len({name.lower() for name in names}) < len(names):
        raise BadArchive("The archive has two files of the same name.")
    for member in members:
        _check_one(member)


def _check_one(member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename)
    odd = path.is_absolute() or ".." in path.parts or "\\" in member.filename
    if odd or ":" in member.filename or "\0" in member.filename:
        raise BadArchive(f"The archive has a file outside of it: {member.filename[:100]!r}.")
    if member.compress_type not in PLAIN:
        raise BadArchive(_UNUSUAL)
    if (member.external_attr >> 16) & 0o170000 == 0o120000:
        raise BadArchive(f"{member.filename[:100]} is a link. Pack the file itself.")
    if member.file_size > max(ALWAYS_FINE, RATIO * member.compress_size):
        raise BadArchive(f"{member.filename[:100]} unpacks to far more than any text.")


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Not more than the directory says, whatever the file itself holds."""
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise BadArchive(f"{member.filename[:100]} is not as long as the archive says.")
    return content
