"""How figures look: one style sheet, and colours that the page replaces by its own variables."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import Any

from markupsafe import escape

from layerproof.verify.verdicts.words import WORDS

INK, MUTED, BAND = "#202124", "#70757a", "#c9d7e3"
PREDICTED, MEASURED, OTHER = "#0072b2", "#d55e00", "#009e73"
"""Of Okabe and Ito's palette; marks and lines differ too."""

VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    BAND: "--band",
    PREDICTED: "--predicted",
    MEASURED: "--measured",
    OTHER: "--other",
    "#b3261e": "--break",
    "#ffffff": "--paper",
    "#eef4fa": "--premise",
    "#555555": "--muted",
    "#333333": "--ink",
} | {look.tint: f"--{word}" for word, look in WORDS.items()}
"""Colours of the drawings, and the variable of the page that stands in their place."""


@contextmanager
def figure_style() -> Iterator[None]:
    """Inside, matplotlib draws with the report's style sheet, and text stays text."""
    import matplotlib as mpl
    from matplotlib.style import context

    fixed: dict[Any, Any] = {"svg.hashsalt": "layerproof", "text.parse_math": False}
    sheet = files("layerproof.verify.report") / "figures.mplstyle"
    with (
        as_file(sheet) as path,
        context([str(path)]),
        mpl.rc_context(fixed),
        warnings.catch_warnings(),
    ):
        # The browser draws the text, and has more glyphs.
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def figure_svg(draw: Callable[[], Any], prefix: str, title: str) -> str:
    """The figure that `draw` makes, ready to stand in the page."""
    text = io.StringIO()
    with figure_style():
        draw().savefig(text, format="svg", metadata={"Date": None})
    return embedded(text.getvalue(), prefix, title)


def embedded(svg: str, prefix: str, title: str) -> str:
    """An SVG of matplotlib as an element of the page.

    Without the prolog, metadata and namespaces that HTML does not need; names begin with `prefix`
    so that two drawings share none; colours are the page's, which knows light from dark.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", svg, count=2)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = svg.replace('href="#', f'href="#{prefix}-').replace("url(#", f"url(#{prefix}-")
    svg = re.sub(r"#[0-9a-fA-F]{6}\b", _variable, svg)
    width = re.search(r'width="([\d.]+)pt"', svg)
    style = f' style="--width: {width[1]}pt"' if width else ""
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"{style}', 1)


def _variable(found: re.Match[str]) -> str:
    name = VARIABLES.get(found[0].lower())
    return found[0] if name is None else f"var({name})"
