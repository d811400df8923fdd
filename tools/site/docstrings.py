"""Docstrings as the API pages show them: roles of Sphinx as code, examples as listings."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_ROLE = re.compile(r":(?:class|func|mod|meth|attr|data|exc):`~?([^`]+)`")
_EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)
_CODE = re.compile(r"(``[^`]+``|`[^`\n]+`|^>>> .*(?:\n(?!\s*$).*)*)", re.MULTILINE)
_LETTERS = re.compile(r"([*_<\[\]$])")
"""What markdown would take for marks of its own; in a docstring they are letters of the paper."""


class Docstrings(Extension):
    """Rewrites every docstring that is read, once."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called for every module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """A docstring as markdown.

    >>> print(as_markdown(":class:`Form`\\n\\n>>> 1 + 1\\n2"))
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
