"""Values of the structs that a program declares."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import NO_MEMBER
from tensorlogic.runtime.display import record
from tensorlogic.runtime.session import CURRENT
from tensorlogic.runtime.types import Dimensions, Sizes, accept

Rule = tuple[Any, Dimensions | None]
"""The type of a field as `accept` takes it."""


class Struct:
    """A value with named fields; each struct of a program is a class of its own."""

    __slots__ = ("values",)

    __tl_members__ = frozenset[str]()
    types: ClassVar[Mapping[str, Rule | None]] = {}
    functions: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    drops: ClassVar[bool] = False

    values: dict[str, Any]

    def __init__(self, /, **values: Any) -> None:
        self.values = dict.fromkeys(self.types)
        sizes: Sizes = {}
        for name, value in values.items():
            self._set(name, value, sizes)

    def __setitem__(self, name: str, value: Any) -> None:
        self._set(name, value, {})

    def _set(self, name: str, value: Any, sizes: Sizes) -> None:
        if name not in self.types:
            raise SourceError(NO_MEMBER, f"`{type(self).__name__}` has no field `{name}`")
        rule = self.types[name]
        what = f"`{name}` of `{type(self).__name__}`"
        self.values[name] = value if rule is None else accept(value, what, *rule, sizes)

    def __str__(self) -> str:
        return f"{type(self).__name__} {record(self.values)}"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Struct) and self.values == other.values

    __hash__ = None  # type: ignore[assignment] # fields can change


def struct(name: str) -> type[Struct]:
    """The class of a struct, which `implement` completes."""
    return type(name, (Struct,), {"__slots__": ()})


def implement(
    made: type[Struct],
    types: Mapping[str, Rule | None],
    functions: Mapping[str, Callable[..., Any]],
    drops: bool,
) -> None:
    """Give the class of a struct its fields and functions."""
    made.types, made.functions, made.drops = types, functions, drops
    if drops:
        made.__del__ = _drop  # type: ignore[attr-defined] # other classes have none


class Elements(list[Any]):
    """An array of the program's in which values may be dropped, the first one first."""

    def __del__(self) -> None:
        self.reverse()  # Python lets go of the elements of a list from its end.


def elements(value: Any) -> Any:
    """The value of an array literal; a list drops its elements in their order."""
    return Elements(map(elements, value)) if value.__class__ is list else value


def settle() -> None:
    """Raise what went wrong while values were dropped, unless something else is on its way already."""
    failed = CURRENT.get().failed_drops
    if failed and sys.exc_info()[0] is None:
        raise failed.pop(0)


def _drop(value: Struct) -> None:
    """Called by Python when nothing holds a value any more; what is raised here would get lost."""
    session = CURRENT.get(None)
    if session is None:
        return
    try:
        value.functions["drop"](value)
    except BaseException as error:
        session.failed_drops.append(error)
