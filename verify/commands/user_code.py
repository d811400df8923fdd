"""Functions and classes of the user's own, named on the command line by file or by module."""

import importlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from layerproof.theory.errors import InputError, guessed
from layerproof.theory.files import check_file


def named_function(text: str, field: str, kind: str = "function") -> Callable[..., Any]:
    """The function or class that `text` names: `file.py:name`, or `package.module:name`.

    Modules are looked for in the working directory first; the modules beside a file can be imported
    by it. Raises InputError, naming `field`, where the text has another form, the module cannot be
    read or imported, or has no such function or class.
    """
    place, colon, attribute = text.rpartition(":")
    if not (colon and place and attribute):
        raise InputError(field, text, f"package.module:{kind}, or file.py:{kind}")
    is_file = place.endswith(".py")
    if is_file:
        check_file(place, field)
    try:
        module = _of_file(place) if is_file else _of_module(place)
    except (Exception, SystemExit) as error:  # whatever a user's module raises
        raise InputError(field, text, f"a module that can be imported ({why(error)})") from error
    found = getattr(module, attribute, None)
    if not callable(found):
        public = [name for name in vars(module) if not name.startswith("_")]
        allowed = f"a function or class of {place}, which has {', '.join(public) or 'nothing'}"
        raise InputError(field, text, guessed(allowed, attribute, public))
    return found  # type: ignore[no-any-return]


def why(error: BaseException) -> str:
    """The first sentence of what another library or a user's module raised."""
    first = f"{type(error).__name__}: {error}".split(". ")[0]
    return " ".join(first.split())[:300]


def _of_module(name: str) -> ModuleType:
    with suppress(FileNotFoundError):  # a working directory that is gone holds no module
        _search(os.getcwd())
    return importlib.import_module(name)


def _of_file(path: str) -> ModuleType:
    """The module of a file, read once; it is known by its path, which no other module has."""
    whole = Path(path).resolve()
    name = str(whole)
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, whole)
    if spec is None or spec.loader is None:
        raise ImportError("no Python file")
    module = module_from_spec(spec)
    _search(str(whole.parent))
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _search(folder: str) -> None:
    if folder not in sys.path:
        sys.path.insert(0, folder)
