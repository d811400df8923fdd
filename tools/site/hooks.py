"""The hooks of mkdocs.yml: pages that are made, links, formulas, and a last look at the site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # mkdocs does not look there by itself

from tools.site import links, mathematics, notebooks, outside, statement_pages  # noqa: E402

STATEMENTS = "Statements"
"""The part of the navigation that lists the statements."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the statements' pages in the navigation, source by source."""
    for part in config.nav or []:
        if STATEMENTS in part:
            part[STATEMENTS] += [
                {source: [{name: statement_pages.place(name)} for name in names]}
                for source, names in statement_pages.by_source().items()
            ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made: statements, notebooks, and the code that pages link to."""
    made: dict[str, str | bytes] = {**statement_pages.pages(), **notebooks.pages()}
    texts = {file.src_uri: file.content_string for file in files.documentation_pages()}
    texts |= {uri: text for uri, text in made.items() if isinstance(text, str)}
    linked = [name for uri, text in texts.items() for name in links.repository_files(text, uri)]
    for uri, content in (made | links.sources(sorted(set(linked)))).items():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Send links to the pages of the site; a listing of code is left as it is."""
    uri = page.file.src_uri
    if uri.startswith("source/"):
        return markdown
    known = [name for names in statement_pages.by_source().values() for name in names]
    return links.with_statements(links.led_to_pages(markdown, uri), uri, known)


def on_page_content(html: str, **_: Any) -> str:
    """Show formulas."""
    return mathematics.with_formulas(html)


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site of which a page loads anything from another host."""
    found = outside.faults(Path(config.site_dir))
    if found:
        raise PluginError("the site loads from outside: " + "; ".join(found[:10]))
