"""Pictures of the pages with the demo's data: `python -m tests.proofs.screenshots [name ...]`.

Starts OpenRisk on this machine with demo data, logs in by Chromium and writes each page to
docs/images/<name>-<light|dark|phone>.webp. The exit code is 1 if a page is wider than its window,
or if the console of the browser shows an error.
"""

import argparse
import io
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from deployment.local.files import ROOT
from deployment.local.installation import Installation
from deployment.local.servers import stops_on_sigterm

IMAGES = ROOT / "docs" / "images"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
# The risk has mitigations, comments, a file and a history in the demo's data.
RISK = "Ransomware encrypts the ERP system and its backups"
PAGES = {
    "overview": "",
    "my-work": "dashboards/analyst/",
    "risks": "risks/",
    "risk": "risks/{risk}/",
    "risk-form": "risks/{risk}/edit/",
    "board-of-risks": "risks/board/",
    "treatment": "treatment/",
    "timeline": "treatment/timeline/",
    "mitigation": "treatment/{mitigation}/",
    "acceptances": "acceptances/",
    "queue": "queues/acceptances/",
    "files": "files/",
    "search": "search/?q=ransomware",
    "boards": "dashboards/",
    "marketplace": "marketplace/",
    "settings": "settings/categories/",
}
QUALITY = 80


def main() -> int:
    parser = argparse.ArgumentParser(description="Take pictures of the pages.")
    parser.add_argument("names", nargs="*", choices=[*PAGES, []], help="default: every page")
    names = parser.parse_args().names or list(PAGES)
    faults: list[str] = []
    with stops_on_sigterm(), tempfile.TemporaryDirectory(prefix="openrisk-pictures-") as folder:
        installation = Installation.make(Path(folder), POOL_PROFILE="dev")
        with installation.serving("--demo"):
            for look in LOOKS:
                with logged_in(installation, look, faults) as page:
                    for name in names:
                        take_picture(page, installation, name, look, faults)
    print("\n".join(faults) or f"{len(names)} pages in {len(LOOKS)} looks: {IMAGES}")
    return bool(faults)


@contextmanager
def logged_in(installation: Installation, look: str, faults: list[str]) -> Iterator[Page]:
    """A page of Chromium where the demo's administrator is logged in."""
    credentials = json.loads((Path(installation.environment["VAR_DIR"]) / "demo.json").read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(base_url=installation.url, **LOOKS[look])

        def note_error(message: ConsoleMessage) -> None:
            if message.type == "error":
                faults.append(message.text)

        page.on("console", note_error)
        page.goto("/login/")
        page.fill("[name=email]", credentials["email"])
        page.fill("[name=password]", credentials["password"])
        page.click("button.primary")
        page.wait_for_url("**/o/demo/")
        yield page
        browser.close()


def take_picture(
    page: Page, installation: Installation, name: str, look: str, faults: list[str]
) -> None:
    """Write the picture, and add to `faults` what is wrong with the page."""
    address = PAGES[name]
    if "{" in address:
        address = address.format(**find_references(page))
    answer = page.goto(f"/o/demo/{address}")
    page.wait_for_load_state("networkidle")
    if answer is None or not answer.ok:
        faults.append(f"{name}: status {answer and answer.status}")
        return
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > LOOKS[look]["viewport"]["width"]:
        faults.append(f"{name}, {look}: {width} pixels wide")
    picture = Image.open(io.BytesIO(page.screenshot()))
    IMAGES.mkdir(exist_ok=True)
    picture.convert("RGB").save(IMAGES / f"{name}-{look}.webp", quality=QUALITY, method=6)


def find_references(page: Page) -> dict[str, str]:
    """Return the references of the risk and of its mitigation, which vary from day to day."""
    page.goto(f"/o/demo/risks/?search={RISK}")
    risk = find_first(page, r"/o/demo/risks/(R-\d+)/")
    page.goto(f"/o/demo/risks/{risk}/?tab=treatment")
    return {"risk": risk, "mitigation": find_first(page, r"/o/demo/treatment/(M-\d+)/")}


def find_first(page: Page, address: str) -> str:
    match = re.search(address, page.content())
    if match is None:
        raise LookupError(f"{page.url} leads to no {address}.")
    return match[1]


if __name__ == "__main__":
    sys.exit(main())
