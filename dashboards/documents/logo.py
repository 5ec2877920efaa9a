"""Logos: a small PNG or JPEG, told by its content and drawn again as a PNG of a fixed size.

Drawing it again leaves out everything but the picture: no metadata, no second file behind it.
"""

from io import BytesIO
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from openrisk.server.limits import LOGO_FILE

MOST_PIXELS = 4000  # on each side of the upload
DRAWN_SIZE = (660, 204)  # at most: six times what the documents show


def draw_logo(file: BinaryIO) -> bytes:
    """Return the picture as PNG. Raises ValidationError if it is none, or too large."""
    from PIL import Image, ImageOps  # noqa: PLC0415  only here

    content = file.read(LOGO_FILE + 1)
    if len(content) > LOGO_FILE:
        raise ValidationError(_("This file is larger than 1 MB. Choose a smaller picture."))
    try:
        picture = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
        if max(picture.size) > MOST_PIXELS:
            raise ValidationError(
                _("This picture has more than %(most)s pixels on a side. Choose a smaller one.")
                % {"most": MOST_PIXELS}
            )
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ValidationError(
            _("This is not a PNG or JPEG that can be read. Save the picture as PNG, and try again.")
        ) from None
    upright.thumbnail(DRAWN_SIZE)
    output = BytesIO()
    upright.save(output, "PNG", optimize=True)
    return output.getvalue()
