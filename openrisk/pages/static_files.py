"""Style sheets, scripts and pictures, sent gzipped to browsers that take it."""

import gzip
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

COMPRESSIBLE = {".css", ".js", ".json", ".svg", ".txt", ".map"}
SMALLEST = 1024  # bytes: below, gzip saves nothing that a browser would notice


class CompressedStaticFilesMiddleware(WhiteNoiseMiddleware):
    """Serves static files without a build step; gzipped copies are made at the first start."""

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> StaticFile:
        static_file = super().get_static_file(path, url, stat_cache)
        if Path(path).suffix in COMPRESSIBLE and Path(path).stat().st_size >= SMALLEST:
            files = StaticFile.get_file_stats(path, {"gzip": str(compressed_copy(path))}, None)
            headers = Headers(list(static_file.alternatives[0][2]))
            headers["Vary"] = "Accept-Encoding"
            static_file.alternatives = StaticFile.get_alternatives(headers, files)
            static_file.not_modified_response = StaticFile.get_not_modified_response(headers)
        return static_file


def compressed_copy(path: str) -> Path:
    """Return a gzipped copy of the file, kept in VAR_DIR under a name of its content."""
    content = Path(path).read_bytes()
    folder = settings.VAR_DIR / "static"
    copy: Path = folder / f"{hashlib.sha256(content).hexdigest()[:32]}.gz"
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Several processes may start at once: each writes its own file, and the last one stays.
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(content, mtime=0))
        Path(temporary).replace(copy)
    return copy
