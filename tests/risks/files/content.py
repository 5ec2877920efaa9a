"""Files of many kinds, small, as bytes."""

import io
import struct
import zipfile
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(64)
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def archive(**parts: Any) -> bytes:
    """A ZIP archive with these parts; __ in a name is a slash, and _ a dot.

    No time of today is in it: a test named after it has the same name in each process.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name.replace("__", "/").replace("_", "."))
            made.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def bomb(unpacked: int) -> bytes:
    """An archive whose directory says that its one entry unpacks to so many bytes."""
    content = bytearray(archive(zeros_bin=bytes(1000)))
    entry = content.rfind(b"PK\x01\x02")
    struct.pack_into("<L", content, entry + 24, unpacked)
    return bytes(content)


def upload(content: bytes = PDF, name: str = "policy.pdf") -> SimpleUploadedFile:
    """A file as a form has it."""
    return SimpleUploadedFile(name, content)
