"""The picture of a report in the README: ``python -m tools.picture DIR``, DIR a run of `verify`.

Needs a Chromium: /usr/bin/chromium, or the one that the environment variable CHROMIUM names.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "assets" / "report.png"
SIZE: ViewportSize = {"width": 1000, "height": 620}
"""In CSS pixels: the top of the page, as it opens."""


def main(folder: str) -> None:
    """Open the report of a run and keep what is seen first."""
    report = (Path(folder) / "report.html").resolve(strict=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(report.as_uri())
        page.screenshot(path=PICTURE)
        browser.close()
    sys.stdout.write(f"{PICTURE}\n")


if __name__ == "__main__":
    main(sys.argv[1])
