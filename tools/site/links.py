"""Links that lead somewhere on GitHub and in the site alike.

On GitHub a page of docs/ links to notebooks and code by their place in the repository. The site has
pages of its own for both: :func:`led_to_pages` sends the links there. The id of a statement, where
it stands as code, leads to the statement's page.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from tools.site import statement_pages

ROOT = Path(__file__).resolve().parents[2]

_LINK = re.compile(r"\]\((?P<path>[^()#\s:]+)(?P<anchor>#[^()\s]*)?\)")
_FENCED = re.compile(r"(^ *(?P<fence>```+).*?^ *(?P=fence)\s*?$)", re.DOTALL | re.MULTILINE)


def repository_files(markdown: str, uri: str) -> list[str]:
    """The files outside docs/ that a page links to, by their place in the repository."""
    places = (_in_the_repository(found["path"], uri) for found in _LINK.finditer(markdown))
    return [place for place in places if place]


def page_of(file: str) -> str:
    """Where the site has a file of the repository, below docs/."""
    path = Path(file)
    if path.suffix == ".ipynb":
        return path.with_suffix(".md").as_posix()
    return "index.md" if file == "README.md" else f"source/{file}.md"


def led_to_pages(markdown: str, uri: str) -> str:
    """The page at `uri` below docs/ with its links into the repository sent to the site's pages."""

    def sent(found: re.Match[str]) -> str:
        file = _in_the_repository(found["path"], uri)
        if not file:
            return found[0]
        return f"]({_relative(page_of(file), uri)}{found['anchor'] or ''})"

    return _LINK.sub(sent, markdown)


def with_statements(markdown: str, uri: str, known: Collection[str]) -> str:
    """The page with every id of a statement that stands as code made a link to its page."""
    ids = re.compile(rf"(?<![\[`])`({'|'.join(map(re.escape, known))})`(?![\]`])")

    def linked(found: re.Match[str]) -> str:
        target = statement_pages.place(found[1])
        return found[0] if target == uri else f"[{found[0]}]({_relative(target, uri)})"

    parts = _FENCED.split(markdown)[::3]
    fences = [found[0] for found in _FENCED.finditer(markdown)]
    texts = [ids.sub(linked, part) for part in parts]
    return "".join(text + fence for text, fence in zip(texts, [*fences, ""], strict=True))


def sources(files: Iterable[str]) -> dict[str, str]:
    """A page for every file of code among these, by its place below docs/."""
    return {page_of(file): _listing(file) for file in files if page_of(file).startswith("source/")}


def _listing(file: str) -> str:
    language = "python" if file.endswith(".py") else "text"
    text = (ROOT / file).read_text("utf-8")
    return f"---\nsearch:\n  exclude: true\n---\n# {file}\n\n`````{language}\n{text}\n`````\n"


def _in_the_repository(link: str, uri: str) -> str:
    """Where a link of a page leads if that is a file outside docs/, else an empty text."""
    target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(uri), link))
    inside = target == "docs" or target.startswith("docs/")
    return "" if inside or not (ROOT / target).is_file() else target


def _relative(target: str, uri: str) -> str:
    return posixpath.relpath(target, posixpath.dirname(uri) or ".")
