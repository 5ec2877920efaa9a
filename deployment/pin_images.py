"""Pins the images of the compose files and of the Dockerfile by digest: `make pin-images`.

    python deployment/pin_images.py [--check]

Asks the registries, through docker, what each tag is now, and writes `name:tag@sha256:...` into the
files. Images that have a digest stay as they are: remove it to take the tag's newer one. `--check`
writes nothing and exits with 1 if an image is not pinned.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
FILES = ("docker-compose.yaml", "docker-compose-monitoring.yaml", "Dockerfile")
OURS = "openrisk:local"
IMAGE = re.compile(r"^(?P<before>\s*image: |FROM )(?P<name>[^\s@]+:[^\s@]+)(?P<after>\s.*)?$", re.M)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class NotLearned(Exception):
    """The registry did not say; the message holds what docker printed."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say which are not pinned")
    only_check = parser.parse_args(arguments).check
    texts = {name: (FOLDER / name).read_text() for name in FILES}
    images = sorted({image for text in texts.values() for image in unpinned(text)})
    if not images:
        print("Every image is pinned.")
        return 0
    if only_check:
        print(f"Not pinned: {', '.join(images)}. Run `make pin-images`.")
        return 1
    try:
        digests = {image: ask_digest(image) for image in images}
    except NotLearned as reason:
        print(reason, file=sys.stderr)
        return 1
    for name, text in texts.items():
        (FOLDER / name).write_text(pinned(text, digests))
    for image, digest in digests.items():
        print(f"{image}@{digest}")
    return 0


def unpinned(text: str) -> list[str]:
    return [match["name"] for match in IMAGE.finditer(text) if match["name"] != OURS]


def pinned(text: str, digests: dict[str, str]) -> str:
    """The text with `@<digest>` behind each image that has one."""

    def add(match: re.Match[str]) -> str:
        digest = digests.get(match["name"])
        suffix = f"@{digest}" if digest else ""
        return f"{match['before']}{match['name']}{suffix}{match['after'] or ''}"

    return IMAGE.sub(add, text)


def ask_digest(image: str) -> str:
    """Of the list of all platforms, so that it holds on each. Raises NotLearned."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}"]
    try:
        done = subprocess.run(  # noqa: S603  the images are those of our own files
            [*command, image], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise NotLearned("There is no docker, which asks the registries: install it.") from None
    digest = done.stdout.strip().strip('"')
    if done.returncode or not DIGEST.fullmatch(digest):
        output = (done.stderr or done.stdout).strip()
        raise NotLearned(f"docker did not say which digest {image} has: {output}")
    return digest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
