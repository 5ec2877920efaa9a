"""Names of what is scanned that stay the same from scan to scan: images, and packages in them."""

import re

# The settings of connectors whose reports are about something that they may not name, or an image.
ASSET = {
    "type": "string",
    "title": "Asset",
    "description": "Its name, instead of that in the report",
}
MERGE_TAGS = {
    "type": "boolean",
    "default": False,
    "title": "The tags of an image are one asset",
}


def name_image(reference: str, *, merge_tags: bool) -> str:
    """`registry:5000/app:1.2` of `registry:5000/app:1.2@sha256:...`, or without the tag.

    The tag latest is left out, since it is what an image without a tag means.
    """
    name = reference.partition("@")[0].removesuffix(":latest")
    head, colon, tag = name.rpartition(":")
    has_tag = colon and "/" not in tag and head != "sha256"
    return head if merge_tags and has_tag else name


def locate_package(package: str, path: str, version: str) -> str:
    """The package and the file that has it, without its version."""
    if path and version:
        standing_alone = rf"(?<![0-9A-Za-z.]){re.escape(version)}(?![0-9A-Za-z]|\.[0-9])"
        path = re.sub(standing_alone, "*", path)
    return " in ".join(filter(None, (package, path)))
