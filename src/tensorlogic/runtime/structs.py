"""Values of the structs that a program declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import NO_MEMBER
from tensorlogic.runtime.display import record
from tensorlogic.runtime.types import Dimensions, accept

Rule = tuple[Any, Dimensions | None]
"""The type of a field as `accept` takes it."""


class Struct:
    """A value with named fields; each struct of a program is a class of its own."""

    __slots__ = ("owners", "values")

    __tl_members__ = frozenset[str]()
    types: ClassVar[Mapping[str, Rule | None]] = {}
    functions: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    drops: ClassVar[bool] = False

    values: dict[str, Any]
    owners: list[Struct] | None
    """The values that are dropped together with this one, or None when nobody drops it."""

    def __init__(self, /, **values: Any) -> None:
        self.values = {}
        self.owners = None
        for name, value in values.items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self.types:
            raise SourceError(NO_MEMBER, f"`{type(self).__name__}` has no field `{name}`")
        rule = self.types[name]
        what = f"`{name}` of `{type(self).__name__}`"
        self.values[name] = value if rule is None else accept(value, what, *rule)

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


def owners() -> list[Struct]:
    """What a block will have to drop: nothing yet."""
    return []


def own(owners: list[Struct], value: Any) -> Any:
    """The value that a variable is given, to be dropped with the others of its block unless it has an owner."""
    if isinstance(value, Struct) and value.drops and value.owners is None:
        value.owners = owners
        owners.append(value)
    return value


def escape(value: Any) -> Any:
    """The value that a function gives back, which its blocks must not drop, nor what it holds."""
    for each in _held(value):
        if each.owners is not None:
            each.owners[:] = [other for other in each.owners if other is not each]
            each.owners = None
    return value


def release(owners: list[Struct]) -> None:
    """Drop what a block owns, the newest first."""
    while owners:
        value = owners.pop()
        value.functions["drop"](value)


def _held(value: Any) -> Iterator[Struct]:
    if isinstance(value, Struct):
        yield value
        for part in value.values.values():
            yield from _held(part)
    elif isinstance(value, list):
        for item in value:
            yield from _held(item)
