"""A site that needs no network when it is read: its pages load nothing from another host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)")


class _Loads(HTMLParser):
    """What a page loads by itself; a link that a reader may follow is no part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the addresses in what a browser fetches without being asked."""
        given = {name: value or "" for name, value in attrs}
        names = ("src", "srcset", "data", "poster")
        values = [given[name] for name in names if name in given]
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            values.append(given.get("href", ""))
        values += _STYLE.findall(given.get("style", ""))
        self.found += [value for value in values if _is_outside(value)]


def loads_from_outside(html: str) -> list[str]:
    """The addresses on other hosts that a page loads when it is opened.

    >>> loads_from_outside('<a href="https://arxiv.org">a link</a> <script src="x.js"></script>')
    []
    >>> loads_from_outside('<script src="https://cdn.example/x.js"></script>')
    ['https://cdn.example/x.js']
    """
    page = _Loads()
    page.feed(html)
    page.close()
    styles = re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL)
    return page.found + [address for style in styles for address in _STYLE.findall(style)]


def faults(folder: Path) -> list[str]:
    """What the pages and styles of a site load from other hosts, each with its file."""
    found = [(page, loads_from_outside(page.read_text("utf-8"))) for page in _files(folder, "html")]
    found += [(sheet, _STYLE.findall(sheet.read_text("utf-8"))) for sheet in _files(folder, "css")]
    return [f"{page.relative_to(folder)}: {one}" for page, every in found for one in every]


def _files(folder: Path, ending: str) -> Iterable[Path]:
    return sorted(folder.rglob(f"*.{ending}"))


def _is_outside(address: str) -> bool:
    return address.strip().startswith(("http://", "https://", "//"))
