"""Texts of the code as markdown, in which the paper's letters, such as W_*, mean themselves."""

from __future__ import annotations

import inspect
import re

_ROLE = re.compile(r":(?:class|func|mod|meth|attr|data|exc):`~?([^`]+)`")
"""A role of Sphinx, of which the name is shown."""
_MARKED = re.compile(r"(\*\*(?=[^\s*])[^*]+?(?<=\w)\.\*\*|\*(?=[A-Z])[^*\n]{2,40}?\*(?= |\n|$))")
"""What a derivation sets apart: **A heading.** and *A step* before a text."""


def derivation(text: str) -> str:
    """The text of a derivation as markdown: its letters, such as W_*, are those of the paper."""
    parts = _MARKED.split(_ROLE.sub(r"`\1`", inspect.cleandoc(text)).replace("``", "`"))
    return "".join(part if place % 2 else _letters(part) for place, part in enumerate(parts))


def _letters(text: str) -> str:
    """Text in which only what stands between backquotes is code; all else means itself."""
    parts = re.split(r"(`[^`\n]+`)", text)
    return "".join(
        part if place % 2 else re.sub(r"([*_<>|\[\]$])", r"\\\1", part)
        for place, part in enumerate(parts)
    )


_EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)
_CODE = re.compile(r"(``[^`]+``|`[^`\n]+`|^>>> .*(?:\n(?!\s*$).*)*)", re.MULTILINE)
_LETTERS = re.compile(r"([*_<\[\]$])")
"""What markdown would take for marks of its own; in a docstring they are letters of the paper."""


def docstring(text: str) -> str:
    """A docstring as markdown.

    >>> print(docstring(":class:`Form`\\n\\n>>> 1 + 1\\n2"))
    `Form`
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    parts = _CODE.split(_ROLE.sub(r"`\1`", text))
    texts = [part if place % 2 else _LETTERS.sub(r"\\\1", part) for place, part in enumerate(parts)]
    return _EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", "".join(texts))
