"""What other packages bring: objects that they name by entry points, loaded when first looked at.

A package lists under a group, such as ``layerproof.statements``, a module, or an object of it; the
module's tuple (``STATEMENTS``) is taken, or the object, or every object of a tuple. Nothing here
imports such a package before somebody looks, so that the command line starts as fast with as
without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, Generic, TypeVar

from layerproof.theory.errors import InputError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Kind(Generic[Item]):
    """One kind of objects that packages may bring.

    `group` is the entry points' group, `attribute` the tuple that is taken from a module, `type`
    the class of the objects. `key` is what an object is known by. `fault` says in words what is
    wrong with an object, as what it should be; empty where nothing is. `load` gives what an entry
    point stands for, where that is not an object of a module.
    """

    group: str
    attribute: str
    type: type[Any]
    key: Callable[[Item], str]
    fault: Callable[[Item], str] = lambda item: ""
    load: Callable[[EntryPoint], Any] = EntryPoint.load


class Registry(Mapping[str, Item]):
    """Objects by their key: those of this package, then those that others bring.

    `own` are known at once; the others are loaded at the first look. Every look raises InputError,
    naming the distribution and its entry point, where one cannot be loaded, brings something else
    than it should, or takes a key that is taken.
    """

    def __init__(self, own: Iterable[Item], kind: Kind[Item]) -> None:
        self.own: Mapping[str, Item] = {kind.key(item): item for item in own}
        self._kind = kind

    @cached_property
    def origins(self) -> Mapping[str, str]:
        """Where each object that another package brings comes from, by its key."""
        return {self._kind.key(item): origin for origin, item in self._brought}

    @cached_property
    def _brought(self) -> list[tuple[str, Item]]:
        taken = dict.fromkeys(self.own, "layerproof itself")
        found = []
        for entry in _entries(self._kind.group):
            origin = _origin(entry)
            for item in _loaded(entry, self._kind):
                key = self._kind.key(item)
                if key in taken:
                    raise InputError(origin, key, f"an id that {taken[key]} does not have")
                taken[key] = origin
                found.append((origin, item))
        return found

    @cached_property
    def _all(self) -> dict[str, Item]:
        return {**self.own, **{self._kind.key(item): item for _, item in self._brought}}

    def forget(self) -> None:
        """Look again at the next look: packages may have come or gone."""
        for name in ("_brought", "_all", "origins"):
            self.__dict__.pop(name, None)

    def __getitem__(self, key: str) -> Item:
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def found_below(package: str, folders: Iterable[str], attribute: str) -> Iterator[Any]:
    """What the modules below a package list in their tuple `attribute`, module by module.

    Nothing has to be listed a second time: a new file in one of the package's folders is found.

    >>> from layerproof.theory import statements
    >>> next(found_below("layerproof.theory.statements", statements.__path__, "STATEMENTS")).id[:4]
    'C24.'
    """
    names = sorted(found.name for found in walk_packages(folders, f"{package}."))
    for name in names:
        yield from getattr(import_module(name), attribute, ())


def _entries(group: str) -> list[EntryPoint]:
    try:
        return sorted(entry_points(group=group), key=lambda entry: (_package(entry), entry.name))
    except Exception as error:  # the metadata of foreign packages can be anything
        allowed = f"entry points that can be read in every package ({_words(error)})"
        raise InputError(group, "unreadable", allowed) from error


def _loaded(entry: EntryPoint, kind: Kind[Item]) -> list[Item]:
    try:
        found = kind.load(entry)
    except (Exception, SystemExit) as error:  # another package's code can raise anything
        allowed = f"something that can be loaded ({_words(error)})"
        raise InputError(_origin(entry), entry.value, allowed) from error
    if isinstance(found, ModuleType):
        found = getattr(found, kind.attribute, None)
    items: list[Any] = list(found) if isinstance(found, tuple | list) else [found]
    for item in items:
        if not isinstance(item, kind.type):
            name = kind.type.__name__
            article = "an" if name.startswith(tuple("AEIOU")) else "a"
            allowed = (
                f"a module with {kind.attribute}, {article} {name} or a tuple of them,"
                f" not {type(item).__name__}"
            )
            raise InputError(_origin(entry), entry.value, allowed)
        try:
            fault = "" if kind.key(item) else "an id that is not empty"
            fault = fault or kind.fault(item)
        except (AttributeError, TypeError) as error:
            fault = f"a complete {kind.type.__name__} ({error})"
        if fault:
            raise InputError(_origin(entry), entry.value, fault)
    return items


def _origin(entry: EntryPoint) -> str:
    """The entry point in words: its name, its group, its distribution and version."""
    version = getattr(entry.dist, "version", None) or ""
    package = f"{_package(entry)} {version}".strip()
    return f"entry point {entry.name!r} of {package} ({entry.group})"


def _package(entry: EntryPoint) -> str:
    return str(getattr(entry.dist, "name", None) or "a package without a name")


def _words(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def modules(groups: Iterable[str]) -> list[str]:
    """The top modules of the packages that bring something under these groups."""
    return sorted(
        {entry.value.partition(":")[0].split(".")[0] for g in groups for entry in _entries(g)}
    )


def versions(groups: Iterable[str]) -> dict[str, str]:
    """The packages that bring something under these groups, with their versions."""
    return {
        _package(entry): str(getattr(entry.dist, "version", None) or "")
        for group in groups
        for entry in _entries(group)
    }
