"""Docstrings as the API pages show them: roles of Sphinx as code, examples as listings."""

from __future__ import annotations

from typing import Any

from griffe import Extension, Object

from tools.site.letters import docstring


class Docstrings(Extension):
    """Rewrites every docstring that is read, once."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called for every module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = docstring(obj.docstring.value)
