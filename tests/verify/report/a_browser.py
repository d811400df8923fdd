"""The browser that pages are opened in."""

import os
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")

NEEDS_A_BROWSER = pytest.mark.skipif(
    not CHROMIUM.exists() and not os.environ.get("CI"), reason=f"there is no {CHROMIUM}"
)
"""Where CI is set, a missing browser is a failure."""

# A superuser's Chromium has no sandbox; the others keep it from calling home.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)
